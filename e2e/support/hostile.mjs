// Files that are made to hurt who opens them. Invariant: each is well-formed as far as it has to be to get to the part that
// hurts, and small enough to be sent.
import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const u16 = (value) => { const bytes = Buffer.alloc(2); bytes.writeUInt16BE(value); return bytes; };
const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value >>> 0); return bytes; };

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
}

/** A PNG in one colour; `says`: the size in its header, if it is to lie; `before`: chunks before the data. */
export function png(width, height, { says = [width, height], depth = 8, colour = 2, before = [] } = {}) {
  const channels = { 0: 1, 2: 3, 6: 4 }[colour];
  const header = Buffer.concat([u32(says[0]), u32(says[1]), Buffer.from([depth, colour, 0, 0, 0])]);
  const rows = Buffer.alloc((1 + Math.ceil((width * channels * depth) / 8)) * height);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), ...before, chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A chunk of a few kB that becomes `length` bytes of nothing. */
export const swelling = (name, start, length) => chunk(name, Buffer.concat([Buffer.from(start, "latin1"), deflateSync(Buffer.alloc(length), { level: 9 })]));

const segment = (marker, data) => Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
/** A table with one code of one bit. */
const table = (sort, symbol) => segment(0xc4, Buffer.concat([Buffer.from([sort, 1]), Buffer.alloc(15), Buffer.from([symbol])]));
const flat = segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]));

/**
 * A progressive JPEG in one grey; `components`: 1 or 3; `scans`: how often a decoder has to go through all of it. Each block
 * of the first scan is one bit, and 16,384 blocks of a later one are 15.
 */
export function progressive(width, height, { components = 1, scans = 1 } = {}) {
  const ids = Array.from({ length: components }, (_, place) => place + 1);
  const frame = Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([components]), ...ids.map((id) => Buffer.from([id, 0x11, 0]))]);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const first = segment(0xda, Buffer.concat([Buffer.from([components]), ...ids.map((id) => Buffer.from([id, 0])), Buffer.from([0, 0, 0])]));
  const again = Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 1, 63, 0])), Buffer.alloc(Math.ceil((Math.ceil(blocks / 16384) * 15) / 8) + 1)]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]), flat, segment(0xc2, frame), table(0x00, 0), table(0x10, 0xe0), first, Buffer.alloc(Math.ceil((blocks * components) / 8) + 1),
    ...Array.from({ length: scans - 1 }, () => again), Buffer.from([0xff, 0xd9]),
  ]);
}

/** A JPEG whose header says a size that it has not. */
export function liar(width, height) {
  const frame = Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])]);
  const scan = segment(0xda, Buffer.from([3, 1, 0, 2, 0, 3, 0, 0, 63, 0]));
  return Buffer.concat([Buffer.from([0xff, 0xd8]), flat, segment(0xc0, frame), table(0x00, 0), table(0x10, 0), scan, Buffer.alloc(64), Buffer.from([0xff, 0xd9])]);
}

/** An ordinary JPEG of 64 by 64; `hung`: what hangs behind its end. */
export const jpeg = (hung = "") => Buffer.concat([progressive(64, 64), Buffer.from(hung, "latin1")]);

/** A PDF that runs a script when it is opened. */
export const pdf = (text = "app.alert(1)") => Buffer.from(
  `%PDF-1.7\n1 0 obj\n<< /Type /Catalog /OpenAction << /S /JavaScript /JS (${text}) >> >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n`, "latin1");

/** The test virus of EICAR, in two parts, so that no scanner takes this file away. */
export const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join("");

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
