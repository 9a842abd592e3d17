// Nothing to see: it tells Python when the tab has its connection again, the server on which layer the
// cursor rests, and the page's own components which layer was clicked.

/** @import { Component } from "../shared/types.d.ts" */

import { watchChoices } from "./choices.js";
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
    watchChoices();
  }
  begun = true;
}
