import { afterEach, expect, test } from "vitest";
import type { ProviderKind } from "../graphql/generated/graphql";
import { SOME_PROVIDERS } from "../test/providers";
import {
  providerColour,
  providerName,
  providerOptions,
  readProvider,
  setProviders,
} from "./providers";

afterEach(() => setProviders(SOME_PROVIDERS));

test("names, colours and the order of providers are the server's", () => {
  const [claude, chatgpt] = SOME_PROVIDERS;
  if (!claude || !chatgpt) throw new Error("too few providers");
  setProviders([
    { ...chatgpt, displayName: "Renamed" },
    { ...claude, colors: { light: "red", dark: "blue" } },
  ]);

  expect(providerOptions()).toEqual([
    { value: "CHATGPT", label: "Renamed" },
    { value: "CLAUDE", label: "Claude" },
  ]);
  expect(providerName("CHATGPT")).toBe("Renamed");
  const { style } = document.documentElement;
  expect(style.getPropertyValue(providerColour("CLAUDE"))).toBe("light-dark(red, blue)");
  expect(readProvider("CLAUDE")).toBe("CLAUDE");
  expect(readProvider("constructor")).toBeUndefined();
});

test("a provider of a newer server has its identifier as name and the colour of the rest", () => {
  const newer = "NEWER" as ProviderKind;

  expect(providerName(newer)).toBe("NEWER");
  expect(providerColour(newer)).toBe("--series-other");
});
