import type { ProviderModelInput } from "../../graphql/generated/graphql";

/** Reads lines of `name` or `alias = name`. */
export function parseModels(text: string): ProviderModelInput[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [left = "", right] = line.split("=", 2).map((part) => part.trim());
      return right ? { name: right, alias: left } : { name: left, alias: null };
    });
}

/** The lines that `parseModels` reads. */
export function formatModels(models: readonly { name: string; alias?: string | null }[]): string {
  return models.map(({ name, alias }) => (alias ? `${alias} = ${name}` : name)).join("\n");
}
