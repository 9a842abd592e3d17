// What Streamlit and `figures.blob` give to every component.

/** Bytes from Python, as Streamlit hands them over. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Sends a value to Python: the callback for the event gets it. */
export type Send = (event: string, value: unknown) => void;

export interface Mount<Data> {
  data: Data;
  parentElement: HTMLElement;
  setTriggerValue: Send;
}

/** What a component.js exports: called at first and with new data; what it returns, at the end. */
export type Component<Data> = (mount: Mount<Data>) => void | (() => void);

/** Arrays of numbers that `figures.blob` packs. */
export type Numbers = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** Red, green and blue of 256 colours, one after another. */
export type ColorTable = Uint8Array;

/** Row and column of a value in a map. */
export type Position = [row: number, column: number];

/** Rows and columns. */
export type Size = [rows: number, columns: number];
