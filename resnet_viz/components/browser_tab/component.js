// Nothing to see: it tells Python when the tab has its connection again.

/** @import { Component } from "../shared/types.d.ts" */

import { watchConnection } from "./connection.js";

let begun = false;
/** @type {(files: string[]) => void} */
let tell = () => {};

/** @type {Component<object>} */
export default function ({ setTriggerValue }) {
  tell = (files) => setTriggerValue("reconnect", files);
  if (!begun) watchConnection((files) => tell(files));
  begun = true;
}
