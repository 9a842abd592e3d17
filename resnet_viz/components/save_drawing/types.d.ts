// What Python sends: the `data` of save_drawing/__init__.py.

export interface SaveDrawing {
  container: string; // key of the Streamlit container that holds the drawing
  file: string; // name of what is saved, without its ending
  background: string; // of a PNG
}

/** A drawing taken out of the page. */
export interface Drawing {
  text: string;
  width: number;
  height: number;
}
