import { createQuery } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { RequestDetail } from "./RequestDetail";
import { RequestDrawerFrame } from "./RequestDrawer";

const OwnRequestQuery = graphql(`
  query OwnRequest($id: ID!) {
    viewer {
      __typename
      ... on KeyHolder {
        request(id: $id) {
          id
          ...RequestDetail
        }
      }
    }
  }
`);

/** All details of one of the end user's requests. */
export function OwnRequestDrawer(props: { id: string | undefined; onClose: () => void }) {
  const [answer] = createQuery({
    query: OwnRequestQuery,
    variables: () => ({ id: props.id ?? "" }),
    pause: () => props.id === undefined,
  });
  const found = () => {
    const viewer = answer.data?.viewer;
    return viewer && "request" in viewer ? viewer.request : undefined;
  };
  const request = () => (found()?.id === props.id ? found() : undefined);
  return (
    <RequestDrawerFrame
      id={props.id}
      error={answer.error}
      request={request()}
      isAnswered={answer.data !== undefined && !answer.fetching}
      onClose={() => props.onClose()}
    >
      {(known) => <RequestDetail request={known} isOwn />}
    </RequestDrawerFrame>
  );
}
