import tailwindcss from "@tailwindcss/vite";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";
import { inlineDocuments } from "./documents.ts";

const server = "http://127.0.0.1:3000";

// Over HTTP/1.1 each file waits for its turn and brings its own headers: a few large files, not dozens of small ones.
const CHUNKS = [
  { name: "app", tags: ["$initial" as const], priority: 3 },
  {
    name: "ui",
    test: /\/src\/(?:ui\/(?!chart)|lib|connect|graphql)|node_modules\/(?!uplot)/,
    minShareCount: 2,
    priority: 2,
  },
  { name: "chart", test: /\/ui\/chart\/|uplot/, priority: 1 },
  {
    name: (id: string) => id.match(/\/src\/(?:features\/)?(\w+)\//)?.[1] ?? null,
    minShareCount: 2,
  },
];

export default defineConfig({
  // Relative, so that the server decides by <base href> where the app lives.
  base: "./",
  plugins: [inlineDocuments(), tailwindcss(), solid()],
  build: {
    target: "es2023",
    // All of it is smaller than the headers of what would be loaded later.
    cssCodeSplit: false,
    cssTarget: ["chrome123", "safari17.5", "firefox121"],
    // A data: URL would be refused by the server's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Timings of plugins, which a slow machine gets, are noise before a first start.
    rolldownOptions: {
      checks: { bundlerTimings: false },
      output: { codeSplitting: { groups: CHUNKS } },
    },
  },
  server: {
    proxy: {
      // The server checks the Origin, so the proxy must not pass on that of Vite.
      "/graphql": { target: server, ws: true, changeOrigin: true, headers: { origin: server } },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: "src/test/setup.ts",
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
