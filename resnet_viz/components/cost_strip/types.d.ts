// What Python sends: the `data` of cost_strip/__init__.py.

export interface CostStrip {
  title: string;
  bars: Bar[];
}

export interface Bar {
  name: string;
  share: number; // of the longest, 0 to 1
  text: string;
  colour: string;
}
