// What Python sends: the `data` of layer_bars/__init__.py.

export interface LayerBars {
  alt: string;
  ticks: { share: number; text: string }[];
  bars: Bar[];
}

export interface Bar {
  name: string;
  text: string; // its number, with what is counted
  share: number; // of the largest, 0 to 1
  colour: string;
  named: boolean; // whether its name stands below it
}
