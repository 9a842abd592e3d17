"""Records in, figures out: charts, diagrams and maps; no torch, no streamlit."""
