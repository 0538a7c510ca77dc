import { t } from "../../../i18n";

type Found = Record<string, string>;

/** Why the server cannot import an entry, with the translations. */
const PROBLEMS: readonly [RegExp, (found: Found) => string][] = [
  [/^it is neither JSON nor YAML/, () => t("signIn.problems.format")],
  [/^no account found:/, () => t("signIn.problems.noAccount")],
  [/^an entry of the accounts is not an account$/, () => t("signIn.problems.noEntry")],
  [/^(?<list>[\w-]+) is not a list$/, ({ list = "" }) => t("signIn.problems.noList", { list })],
  [
    /^entry (?<number>\d+) of (?<list>[\w-]+) is invalid$/,
    ({ number = "", list = "" }) => t("signIn.problems.invalidEntry", { number, list }),
  ],
  [
    /^no provider has a list (?<list>.*)$/s,
    ({ list = "" }) => t("signIn.problems.unknownList", { list }),
  ],
  [
    /^the engine cannot use accounts of the type "(?<type>.*)"$/s,
    ({ type = "" }) => t("signIn.problems.unusableType", { type }),
  ],
  [/^claudeAiOauth is not an object;/, () => t("signIn.problems.claudeCode")],
  [
    /^these are settings without tokens;.* the output of (?<command>security .*)$/s,
    ({ command = "" }) => t("signIn.problems.claudeSettings", { command }),
  ],
  [/^the file has neither tokens nor an API key;/, () => t("signIn.problems.codexEmpty")],
  [/^the engine cannot use sign-ins of Qwen Code;/, () => t("signIn.problems.qwen")],
  [/^the engine cannot use sign-ins of Gemini CLI;/, () => t("signIn.problems.geminiCli")],
  [
    /^this server has no provider "(?<name>.*)" of OpenCode's;/s,
    ({ name = "" }) => t("signIn.problems.openCode", { name }),
  ],
  [
    /^sign-ins of (?<provider>.+) cannot be imported from this program;/,
    ({ provider = "" }) => t("signIn.problems.signInHere", { provider }),
  ],
  [
    /^an API key of (?<provider>.+) needs more than the key;/,
    ({ provider = "" }) => t("signIn.problems.keyNeedsMore", { provider }),
  ],
  [/^the entry has no GitHub token;/, () => t("signIn.problems.copilot")],
  [/^the sign-in has no tokens;/, () => t("signIn.problems.noTokens")],
  [/^the tokens have no account id;/, () => t("signIn.problems.codexAccount")],
  [
    /^the service account has no (?<field>\w+);/,
    ({ field = "" }) => t("signIn.problems.serviceAccount", { field }),
  ],
  [/^this is not an auth file of the provider:/, () => t("signIn.problems.otherType")],
  [/^the auth file has no token:/, () => t("signIn.problems.noSecret")],
  [/^a header of the auth file would send a credential/, () => t("signIn.problems.header")],
  [
    /^the account "(?<label>.*)" is the same sign-in and is refreshed by this server;/s,
    ({ label = "" }) => t("signIn.problems.sameSignIn", { label }),
  ],
];

/** Translates why an entry cannot be imported; a reason that is not known stays as the server words it. */
export function describeProblem(text: string): string {
  for (const [pattern, translate] of PROBLEMS) {
    const found = pattern.exec(text);
    if (found) return translate(found.groups ?? {});
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
}
