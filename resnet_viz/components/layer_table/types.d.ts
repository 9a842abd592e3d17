// What Python sends: the `data` of layer_table/__init__.py.

export interface LayerTableData {
  columns: Column[];
  rows: { [Field in keyof Row]: Row[Field][] }; // by column, each in the order of the rows
  totals: string[]; // one for each column
  selected: string; // path
  opened: Opened;
  colours: string[]; // of stages; of stem and head first
}

export type Opened = "stages" | "blocks" | "layers";

/** A column after the first, which holds the names. */
export interface Column {
  slug: string;
  title: string;
  align: "left" | "right";
  bar: boolean;
}

/** A stage, block or layer. */
export interface Row {
  path: string;
  parent: string; // path of what is around it; empty for the network's own rows
  level: number; // 0 for the network's own rows, 1 for blocks, 2 for layers in a block
  stage: number; // 1 to 4; 0 for stem and head
  kind: string;
  cells: string[]; // one for each column
  bars: number[]; // 0 to 1; 0 draws nothing
  container: boolean;
  shortcut: string; // "identity", "projection", "zero-pad"; empty for all that is not on one
}
