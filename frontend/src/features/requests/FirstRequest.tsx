import { createQuery } from "@urql/solid";
import { createEffect, type JSX, Show } from "solid-js";
import { createAgain } from "../../graphql/createAgain";
import { graphql } from "../../graphql/generated";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { createLiveRequests, mergeRows } from "./createLiveRequests";
import { RequestTable } from "./RequestTable";

const FirstRequestsQuery = graphql(`
  query FirstRequests($filter: RequestFilter) {
    requests(filter: $filter, first: 5) {
      nodes {
        id
        ...RequestRow
      }
    }
  }
`);

type FirstRequestProps = {
  userId: string;
  /** Shown until the first request arrives. */
  waiting: JSX.Element;
  onSeen: () => void;
};

/** Waits for a user's first request and shows it. */
export function FirstRequest(props: FirstRequestProps) {
  const filter = () => ({ userId: props.userId });
  const [stored, ask] = createQuery({
    query: FirstRequestsQuery,
    variables: () => ({ filter: filter() }),
    requestPolicy: "network-only",
  });
  const feed = createLiveRequests(filter, () => true, createAgain(stored, ask));
  const rows = () => mergeRows(feed.rows(), stored.data?.requests.nodes ?? []);
  createEffect(() => {
    if (rows().length > 0) props.onSeen();
  });
  return (
    <>
      <ErrorNotice error={stored.error ?? feed.error()} />
      <Show when={rows().length > 0} fallback={props.waiting}>
        <RequestTable requests={rows().slice(0, 5)} hideUser newCount={feed.rows().length} />
      </Show>
    </>
  );
}
