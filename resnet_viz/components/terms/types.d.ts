// What Python sends: the `data` of terms/__init__.py.

export interface Terms {
  terms: Record<string, Term>; // by slug
}

export interface Term {
  name: string;
  sentence: string;
}
