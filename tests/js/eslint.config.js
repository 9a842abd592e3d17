// What must hold for every script: ESLint's recommended rules, and no name that comes from nowhere.

import js from "@eslint/js";
import globals from "globals";

const unused = ["error", { ignoreRestSiblings: true }]; // `{ channels, ...rest }` leaves one out on purpose

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { rules: { "no-unused-vars": unused, eqeqeq: "error", "no-var": "error", "prefer-const": "error" } },
  { files: ["resnet_viz/components/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/js/**/*.js"], languageOptions: { globals: globals.nodeBuiltin } },
];
