import type { CombinedError } from "@urql/core";
import { createQuery } from "@urql/solid";
import { type JSX, Match, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Drawer } from "../../ui/Drawer";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { RequestDetail } from "./RequestDetail";

const RequestDetailQuery = graphql(`
  query RequestDetail($id: ID!) {
    request(id: $id) {
      id
      ...RequestDetail
    }
  }
`);

/** All details of one request, next to the list. */
export function RequestDrawer(props: { id: string | undefined; onClose: () => void }) {
  const [answer] = createQuery({
    query: RequestDetailQuery,
    variables: () => ({ id: props.id ?? "" }),
    pause: () => props.id === undefined,
  });
  const request = () => (answer.data?.request?.id === props.id ? answer.data?.request : undefined);
  return (
    <RequestDrawerFrame
      id={props.id}
      error={answer.error}
      request={request()}
      isAnswered={answer.data !== undefined && !answer.fetching}
      onClose={() => props.onClose()}
    >
      {(known) => <RequestDetail request={known} />}
    </RequestDrawerFrame>
  );
}

type FrameProps<Request> = {
  id: string | undefined;
  error: CombinedError | undefined;
  request: Request | null | undefined;
  isAnswered: boolean;
  onClose: () => void;
  children: (request: Request) => JSX.Element;
};

/** The drawer while a request is loading, found, or not found. */
export function RequestDrawerFrame<Request extends object>(props: FrameProps<Request>) {
  return (
    <Drawer
      open={props.id !== undefined}
      title={t("requests.request")}
      closeLabel={t("common.close")}
      onClose={() => props.onClose()}
    >
      <Switch fallback={<Loading />}>
        <Match when={props.error}>
          <ErrorNotice error={props.error} />
        </Match>
        <Match when={props.request}>{(known) => props.children(known())}</Match>
        <Match when={props.isAnswered}>
          <p class="text-muted">{t("requests.notFound")}</p>
        </Match>
      </Switch>
    </Drawer>
  );
}
