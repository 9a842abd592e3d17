// Streamlit's own element around the page, which tells its state in its attributes.

/** @type {() => HTMLElement | null} */
export const app = () => document.querySelector("[data-testid=stApp]");

// Whether the server is at work on the page.
export const isRunning = () => app()?.dataset.testScriptState === "running";
