// Nothing to see: it tells Python when the tab has its connection again, and
// the server on which layer the cursor rests.

/** @import { Component } from "../shared/types.d.ts" */

import { watchCursor } from "./cursor.js";
import { watchConnection } from "./connection.js";

let begun = false;
/** @type {(files: string[]) => void} */
let tell = () => {};

let told = { visit: "", ahead: "" };

/** @type {Component<{ visit: string, ahead: string }>} */
export default function ({ data, setTriggerValue }) {
  told = data;
  tell = (files) => setTriggerValue("reconnect", files);
  if (!begun) {
    watchConnection((files) => tell(files));
    watchCursor(() => told);
  }
  begun = true;
}
