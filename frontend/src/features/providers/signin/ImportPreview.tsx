import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../../graphql/generated";
import type { ImportPreviewQuery } from "../../../graphql/generated/graphql";
import { t } from "../../../i18n";
import { formatMinute } from "../../../lib/format";
import { SelectField } from "../../../ui/Field";
import { providerName } from "../../../ui/providers";
import { describeProblem } from "./describeProblem";

/** The server's name of a program that it does not recognise. */
const UNKNOWN = "unknown";

export const ImportPreviewQueryDocument = graphql(`
  query ImportPreview($files: [ImportedFileInput!]!) {
    importPreview(files: $files) {
      file
      program
      problem
      account {
        kind
        credential
        identity
        plan
        expiresAt
        isRefreshable
        existing {
          id
          label
        }
      }
    }
  }
`);

/** The entries of the chosen files. */
export type Entries = ImportPreviewQuery["importPreview"];

/** The accounts in the chosen files, and the choice about refresh tokens. */
export function ImportPreview(props: { entries: Entries }) {
  return (
    <>
      <ul class="flex flex-col gap-2">
        <For each={props.entries}>
          {(entry) => (
            <li class="rounded-lg border border-line px-3 py-2">
              <Show
                when={entry.account}
                fallback={
                  <p class="break-words text-bad">{describeProblem(entry.problem ?? "")}</p>
                }
              >
                {(account) => <FoundAccount account={account()} />}
              </Show>
              <p class="text-sm break-words text-muted">
                {t("signIn.importFrom", {
                  program: entry.program === UNKNOWN ? t("common.unknown") : entry.program,
                  file: entry.file,
                })}
              </p>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.entries.some((entry) => entry.account?.isRefreshable)}>
        <RefreshChoice />
      </Show>
    </>
  );
}

const CHOICES = ["here", "none"] as const;

/** Whether this server refreshes the sign-ins, with the consequence of the choice. */
function RefreshChoice() {
  const [choice, setChoice] = createSignal<(typeof CHOICES)[number]>("here");
  return (
    <SelectField
      name="refresh"
      label={t("signIn.importRefresh")}
      hint={t(`signIn.importRefreshHints.${choice()}`)}
      value={choice()}
      options={CHOICES.map((value) => ({ value, label: t(`signIn.importRefreshes.${value}`) }))}
      onChange={({ currentTarget: { value } }) =>
        setChoice(CHOICES.find((each) => each === value) ?? "here")
      }
    />
  );
}

function FoundAccount(props: { account: NonNullable<Entries[number]["account"]> }) {
  const identity = () =>
    props.account.identity ??
    t(props.account.credential === "API_KEY" ? "signIn.importKey" : "signIn.importUnnamed");
  return (
    <>
      <p class="font-medium break-words">
        {[providerName(props.account.kind), identity(), props.account.plan]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <Show when={props.account.existing}>
        {(existing) => (
          <p class="text-sm">{t("signIn.importExisting", { label: existing().label })}</p>
        )}
      </Show>
      <Show when={props.account.expiresAt}>
        {(time) => (
          <p class="text-sm">{t("signIn.importExpires", { time: formatMinute(time()) })}</p>
        )}
      </Show>
    </>
  );
}
