import { For, Show } from "solid-js";
import type { FragmentType } from "../../graphql/generated";
import type { RequestRowFragmentDoc } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Head, Table } from "../../ui/Table";
import { RequestRow } from "./RequestRow";

type RequestTableProps = {
  label?: string;
  requests: readonly FragmentType<typeof RequestRowFragmentDoc>[];
  /** Hides the user, for pages about one user. */
  hideUser?: boolean;
  /** The number of rows at the top that arrived while the page was open. */
  newCount: number;
  /** The address that opens a request; rows are not links without it. */
  addressOf?: (id: string) => string;
};

/** Requests, newest first. */
export function RequestTable(props: RequestTableProps) {
  return (
    <Table
      label={props.label ?? t("requests.title")}
      head={
        <>
          <Head class="max-sm:hidden">{t("requests.columns.time")}</Head>
          <Show when={!props.hideUser}>
            <Head class="max-sm:hidden">{t("requests.columns.user")}</Head>
          </Show>
          <Head class="max-sm:pl-4">{`${t("requests.columns.model")}, ${t("requests.columns.endpoint")}`}</Head>
          <Head>{t("requests.columns.outcome")}</Head>
          <Head number>{t("requests.columns.input")}</Head>
          <Head number>{t("requests.columns.cache")}</Head>
          <Head number>{t("requests.columns.output")}</Head>
          <Head number>{t("requests.columns.reasoning")}</Head>
          <Head number>{t("requests.columns.duration")}</Head>
          <Head number>{t("requests.columns.firstByte")}</Head>
        </>
      }
    >
      <For each={props.requests}>
        {(request, index) => (
          <RequestRow
            request={request}
            hideUser={props.hideUser}
            isNew={index() < props.newCount}
            addressOf={props.addressOf}
          />
        )}
      </For>
    </Table>
  );
}
