import { defineConfig } from "vitest/config";

// One server and one browser for each file: two files at a time are what a small machine bears.
export default defineConfig({
  test: {
    include: ["*.e2e.ts"],
    root: import.meta.dirname,
    environment: "node",
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: 2,
  },
});
