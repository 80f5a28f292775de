/** Whether a text is one of a glob: `*` is any characters, everything else itself. Its time is at most the product of both. */
export function matchesGlob(glob: string, text: string): boolean {
  let [inGlob, inText] = [0, 0];
  // Where the last star stands, and what it has taken so far.
  let star = -1;
  let taken = 0;
  while (inText < text.length) {
    if (glob[inGlob] === '*') {
      star = inGlob;
      taken = inText;
      inGlob += 1;
    } else if (glob[inGlob] === text[inText]) {
      inGlob += 1;
      inText += 1;
    } else if (star >= 0) {
      taken += 1;
      inText = taken;
      inGlob = star + 1;
    } else return false;
  }
  while (glob[inGlob] === '*') inGlob += 1;
  return inGlob === glob.length;
}
