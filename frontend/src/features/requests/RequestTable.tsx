import { For, Show } from "solid-js";
import type { FragmentType } from "../../graphql/generated";
import type { RequestRowFragmentDoc } from "../../graphql/generated/graphql";
import { Head, Table } from "../../ui/Table";
import { RequestRow } from "./RequestRow";
import { words } from "./words";

type RequestTableProps = {
  label?: string;
  requests: readonly FragmentType<typeof RequestRowFragmentDoc>[];
  /** The page is about one user, so their name need not be in each row. */
  hideUser?: boolean;
  /** How many at the top arrived while somebody looked on. */
  newCount: number;
};

/** Requests, newest first. */
export function RequestTable(props: RequestTableProps) {
  return (
    <Table
      label={props.label ?? words().title}
      head={
        <>
          <Head class="max-sm:hidden">{words().columns.time}</Head>
          <Show when={!props.hideUser}>
            <Head class="max-sm:hidden">{words().columns.user}</Head>
          </Show>
          <Head class="max-sm:pl-4">{`${words().columns.model}, ${words().columns.endpoint}`}</Head>
          <Head>{words().columns.outcome}</Head>
          <Head number>{words().columns.input}</Head>
          <Head number>{words().columns.cache}</Head>
          <Head number>{words().columns.output}</Head>
          <Head number>{words().columns.reasoning}</Head>
          <Head number>{words().columns.duration}</Head>
          <Head number>{words().columns.firstByte}</Head>
        </>
      }
    >
      <For each={props.requests}>
        {(request, index) => (
          <RequestRow
            request={request}
            hideUser={props.hideUser}
            isNew={index() < props.newCount}
          />
        )}
      </For>
    </Table>
  );
}
