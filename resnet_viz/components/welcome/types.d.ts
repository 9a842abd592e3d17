// What Python sends: the `data` of welcome/__init__.py.

export interface Welcome {
  sentences: string[];
  steps: FirstStep[];
}

export interface FirstStep {
  slug: string; // of the page where it is done
  title: string;
  about: string;
}
