import type { CodegenConfig } from "@graphql-codegen/cli";

export default {
  // SCHEMA points elsewhere while trying out a schema that is not committed yet.
  schema: process.env.SCHEMA ?? "../schema.graphql",
  errorsOnly: true,
  documents: ["src/**/*.{ts,tsx}", "!src/graphql/generated/**"],
  generates: {
    "src/graphql/generated/roles.ts": { plugins: ["./scripts/roles-plugin.js"] },
    "src/graphql/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: { unmaskFunctionName: "readFragment" } },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          DateTime: "string",
          JSON: "unknown",
          BigInt: "number",
          USD: "string",
          QuotaAmount: "string | number",
        },
      },
    },
  },
} satisfies CodegenConfig;
