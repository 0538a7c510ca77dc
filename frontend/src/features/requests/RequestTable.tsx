import { For, Show } from "solid-js";
import type { FragmentType } from "../../graphql/generated";
import type { RequestRowFragmentDoc } from "../../graphql/generated/graphql";
import { Head, Table } from "../../ui/Table";
import { RequestRow } from "./RequestRow";

type RequestTableProps = {
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
      label="Requests"
      head={
        <>
          <Head class="max-sm:hidden">Time</Head>
          <Show when={!props.hideUser}>
            <Head class="max-sm:hidden">User</Head>
          </Show>
          <Head class="max-sm:pl-4">Model, endpoint</Head>
          <Head>Outcome</Head>
          <Head number>Input</Head>
          <Head number>Cache</Head>
          <Head number>Output</Head>
          <Head number>Reasoning</Head>
          <Head number>Duration</Head>
          <Head number>First byte</Head>
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
