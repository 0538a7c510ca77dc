import type {
  HeaderInput,
  ProviderModelInput,
  UpdateProviderAccountInput,
} from "../../graphql/generated/graphql";
import { changesOf, readOptional, readText } from "../../lib/form";

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

/** The editable settings of an account, with their present values. */
export type EditableAccount = {
  label: string;
  credential: "API_KEY" | "AUTH_FILE" | "GITHUB";
  baseUrl?: string | null;
  prefix?: string | null;
  priority: number;
  weight: number;
  proxyUrl?: string | null;
  models: readonly { name: string; alias?: string | null }[];
};

/** Reads lines of `Name: value`. */
export function parseHeaders(text: string): HeaderInput[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const colon = line.indexOf(":");
      // Without a colon there is no value, which the server rejects with a reason.
      return colon < 0
        ? { name: line, value: "" }
        : { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
    });
}

function headersOf(form: FormData): Pick<UpdateProviderAccountInput, "headers"> {
  if (form.get("noHeaders")) return { headers: null };
  const headers = parseHeaders(readText(form, "headers"));
  // The values are not sent to the browser, so an empty field leaves them unchanged.
  return headers.length > 0 ? { headers } : {};
}

/** The changed fields. A proxy's password is not shown, so the shown address must not be sent back. */
export function accountInput(account: EditableAccount, form: FormData): UpdateProviderAccountInput {
  const isKey = account.credential === "API_KEY";
  const input: UpdateProviderAccountInput = changesOf(account, {
    label: readText(form, "label"),
    prefix: readOptional(form, "prefix"),
    priority: Number(readText(form, "priority")),
    weight: Number(readText(form, "weight")),
    ...(isKey ? { baseUrl: readOptional(form, "baseUrl") } : {}),
  });
  const proxyUrl = readOptional(form, "proxyUrl");
  if (proxyUrl !== (account.proxyUrl || null)) input.proxyUrl = proxyUrl;
  if (!isKey) return input;
  const text = readText(form, "models");
  const models = parseModels(text);
  if (text !== formatModels(account.models)) input.models = models.length > 0 ? models : null;
  const apiKey = readOptional(form, "apiKey");
  if (apiKey) input.apiKey = apiKey;
  return { ...input, ...headersOf(form) };
}
