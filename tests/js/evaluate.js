// Evaluates an expression over what some modules export: node evaluate.js EXPRESSION MODULE…
// `bytes` is what comes by stdin. tests/components/node.py reads what this writes.

import process from "node:process";
import { buffer } from "node:stream/consumers";

const [expression, ...paths] = process.argv.slice(2);
const modules = await Promise.all(paths.map((path) => import(path)));
const names = Object.assign({}, ...modules, { bytes: new Uint8Array(await buffer(process.stdin)) });
delete names.default; // is no name
const value = new Function(...Object.keys(names), `return (${expression});`)(...Object.values(names));

// JSON knows neither arrays of one type nor NaN and the infinities.
function plain(_, part) {
  if (part instanceof Float32Array) {
    const { buffer, byteOffset, byteLength } = part;
    return { float32: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
  }
  if (ArrayBuffer.isView(part)) return [...part];
  return typeof part === "number" && !Number.isFinite(part) ? { number: String(part) } : part;
}

process.stdout.write(JSON.stringify(value, plain));
