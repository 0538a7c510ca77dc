import { For, Show } from "solid-js";
import { t } from "../i18n";
import { Notice } from "./Notice";
import { Cell, Head, Table } from "./Table";

/** A field that differs, with its values as text. */
export type Difference = { name: string; before: string; after: string };

/** The fields that differ. Each is a name and how its value is shown. */
export function differencesOf<State>(
  fields: readonly (readonly [name: string, read: (state: State) => string])[],
  before: State,
  after: State,
): Difference[] {
  return fields
    .map(([name, read]) => ({ name, before: read(before), after: read(after) }))
    .filter((row) => row.before !== row.after);
}

/** Fields before and after a change. */
export function Differences(props: { label: string; rows: readonly Difference[] }) {
  return (
    <div class="overflow-hidden rounded-lg border border-line">
      <Table
        label={props.label}
        head={
          <>
            <Head>{props.label}</Head>
            <Head>{t("conflict.before")}</Head>
            <Head>{t("conflict.after")}</Head>
          </>
        }
      >
        <For each={props.rows}>
          {(row) => (
            <tr>
              <Cell class="wrap-anywhere">{row.name}</Cell>
              <Cell class="wrap-anywhere text-muted line-through decoration-line-strong">
                {row.before}
              </Cell>
              <Cell class="font-semibold wrap-anywhere">{row.after}</Cell>
            </tr>
          )}
        </For>
      </Table>
    </div>
  );
}

/** The changes that another administrator has saved, and those of the form on top. */
export type ConflictRows = { theirs: readonly Difference[]; yours: readonly Difference[] };

/** Explains why a form was not saved: another administrator has changed the same thing. */
export function ConflictNotice(props: { conflict: ConflictRows | undefined }) {
  return (
    <Show when={props.conflict}>
      {(conflict) => (
        <div
          role="alert"
          class="flex flex-col gap-3"
          ref={(notice) => queueMicrotask(() => notice.scrollIntoView?.({ block: "nearest" }))}
        >
          <Notice tone="warn">
            <span class="font-medium">{t("conflict.title")}</span> {t("conflict.hint")}
          </Notice>
          <Differences label={t("conflict.theirs")} rows={conflict().theirs} />
          <Show when={conflict().yours.length > 0}>
            <Differences label={t("conflict.yours")} rows={conflict().yours} />
          </Show>
        </div>
      )}
    </Show>
  );
}
