import { createQuery } from "@urql/solid";
import { Match, Switch } from "solid-js";
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
    <Drawer
      open={props.id !== undefined}
      title={t("requests.request")}
      closeLabel={t("common.close")}
      onClose={() => props.onClose()}
    >
      <Switch fallback={<Loading />}>
        <Match when={answer.error}>
          <ErrorNotice error={answer.error} />
        </Match>
        <Match when={request()}>{(known) => <RequestDetail request={known()} />}</Match>
        <Match when={answer.data && !answer.fetching}>
          <p class="text-muted">{t("requests.notFound")}</p>
        </Match>
      </Switch>
    </Drawer>
  );
}
