import { expect, test } from "vitest";

const files = import.meta.glob<string>(
  ["../**/*.{ts,tsx}", "!../graphql/generated/**", "!../i18n/generated/**", "!../**/*.test.*"],
  { query: "?raw", import: "default", eager: true },
);

/** The only file that may use the client's own way to send mutations. */
const WRAPPER = "../graphql/createMutation.ts";
const AROUND = [/import \{[^}]*\bcreateMutation\b[^}]*\} from "@urql\/solid"/, /\.mutation\(/];

test("every mutation is created where the browser tests can see who is offered it", () => {
  const around = Object.entries(files).filter(
    ([file, source]) => file !== WRAPPER && AROUND.some((way) => way.test(source)),
  );

  expect(around.map(([file]) => file)).toEqual([]);
});
