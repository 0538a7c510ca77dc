import solid from "eslint-plugin-solid";
import tseslint from "typescript-eslint";

// Biome lints the rest; only this rule finds a signal that is read where nothing tracks it.
export default [
  { ignores: ["src/graphql/generated/**", "src/i18n/generated/**"] },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { solid },
    languageOptions: { parser: tseslint.parser },
    rules: { "solid/reactivity": "error" },
  },
];
