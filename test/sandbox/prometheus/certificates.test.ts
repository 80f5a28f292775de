import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { integer, oid, tagged } from '../../../sandbox/prometheus/der.ts';
import { createAuthority } from '../../../sandbox/prometheus/index.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test.each([
  [[0], '020100'],
  [[0, 0], '020100'],
  [[1], '020101'],
  [[0x7f], '02017f'],
  [[0x80], '02020080'],
  [[0, 1, 2], '02020102'],
  [[0, 0x80], '02020080'],
])('a whole number of the bytes %j has the fewest that tell it', (bytes, written) => {
  expect(hex(integer(Uint8Array.from(bytes)))).toBe(written);
});

test('lengths and identifiers have their forms', () => {
  expect(hex(oid('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
  expect(hex(oid('2.5.29.17'))).toBe('0603551d11');
  expect(hex(tagged(4, Buffer.alloc(127))).slice(0, 4)).toBe('047f');
  expect(hex(tagged(4, Buffer.alloc(128))).slice(0, 6)).toBe('048180');
  expect(hex(tagged(4, Buffer.alloc(256))).slice(0, 8)).toBe('04820100');
});

test('a certificate is of its authority, for its name and this machine, and of no other', () => {
  const [authority, other] = [createAuthority('one'), createAuthority('other')];
  const ca = new X509Certificate(authority.ca);
  const issued = authority.issue('prometheus.sandbox');
  const certificate = new X509Certificate(issued.cert);
  expect(ca.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(ca)).toBe(true);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(other.ca).publicKey)).toBe(false);
  expect(certificate.checkHost('prometheus.sandbox')).toBe('prometheus.sandbox');
  expect(certificate.checkHost('prometheus.other')).toBeUndefined();
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now());
});
