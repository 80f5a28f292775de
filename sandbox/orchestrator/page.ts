/** The page at `/`: the elements that a browser check looks for, without the application behind them. */
export const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Phoenix Orch</title></head>
<body>
<div id="splash-screen" role="dialog"><button id="ignite-btn">Ignite</button></div>
<main id="app-container" class="hidden" inert>
<div id="chat-container" role="log"></div>
<textarea id="message-input"></textarea><button id="send-btn">Send</button>
</main>
</body>
</html>
`;
