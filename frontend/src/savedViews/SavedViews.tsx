import { useLocation, useNavigate } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import Bookmark from "lucide-solid/icons/bookmark";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import type { SavedViewPage, SavedViewsQuery } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { buttonClass } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Menu, MenuItem, MenuLine } from "../ui/Menu";
import { MutationDialog } from "../ui/MutationDialog";
import { notify } from "../ui/Toaster";
import { ManageViews } from "./ManageViews";
import { filtersOf, isSameView } from "./search";

const SavedViewsDocument = graphql(`
  query SavedViews($page: SavedViewPage!) {
    savedViews(page: $page) {
      id
      name
      search
    }
  }
`);

const CreateSavedViewDocument = graphql(`
  mutation CreateSavedView($input: CreateSavedViewInput!) {
    createSavedView(input: $input) {
      view {
        id
      }
    }
  }
`);

const MAX_NAME = 60;

/** A view as the server sends it. */
export type View = SavedViewsQuery["savedViews"][number];

/** The menu of the saved views of a page: open one, save the present one, or manage them. */
export function SavedViews(props: { page: SavedViewPage }) {
  const location = useLocation();
  const navigate = useNavigate();
  const [dialog, setDialog] = createSignal<"save" | "manage">();
  const [answer] = createQuery({
    query: SavedViewsDocument,
    variables: () => ({ page: props.page }),
  });
  const views = () => answer.data?.savedViews ?? [];
  const present = () => filtersOf(location.search);
  const current = () => views().find(({ search }) => isSameView(search, present()));

  function open(view: View) {
    navigate(view.search ? `?${view.search}` : location.pathname, { scroll: false });
    notify({ tone: "ok", text: t("views.opened", { name: view.name }) });
  }
  return (
    <>
      <Menu
        label={t("views.title")}
        triggerClass={buttonClass("plain")}
        trigger={
          <span aria-hidden="true" class="flex max-w-48 items-center gap-2">
            <Bookmark class="size-4 shrink-0" />
            <span class="truncate">{current()?.name ?? t("views.title")}</span>
          </span>
        }
      >
        <For each={views()}>
          {(view) => (
            <MenuItem onSelect={() => open(view)}>
              <span class="max-w-72 truncate">{view.name}</span>
            </MenuItem>
          )}
        </For>
        <Show when={views().length > 0}>
          <MenuLine />
        </Show>
        <MenuItem onSelect={() => setDialog("save")}>{t("views.save")}</MenuItem>
        <MenuItem disabled={views().length === 0} onSelect={() => setDialog("manage")}>
          {t("views.manage")}
        </MenuItem>
      </Menu>
      <SaveDialog
        open={dialog() === "save"}
        page={props.page}
        search={present()}
        onClose={() => setDialog(undefined)}
      />
      <ManageViews
        open={dialog() === "manage"}
        views={views()}
        onClose={() => setDialog(undefined)}
      />
    </>
  );
}

type SaveDialogProps = {
  open: boolean;
  page: SavedViewPage;
  search: string;
  onClose: () => void;
};

function SaveDialog(props: SaveDialogProps) {
  const [change, create] = createMutation(CreateSavedViewDocument);

  async function save(form: FormData) {
    const name = readText(form, "name");
    const answer = await create(
      { input: { page: props.page, name, search: props.search } },
      { additionalTypenames: ["SavedView"] },
    );
    if (!answer.data) return;
    notify({ tone: "ok", text: t("views.saved", { name }) });
    props.onClose();
  }
  return (
    <MutationDialog
      open={props.open}
      title={t("views.saveTitle")}
      description={t("views.saveHint")}
      onClose={props.onClose}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void save(form)}
    >
      <TextField name="name" label={t("views.name")} required maxLength={MAX_NAME} />
    </MutationDialog>
  );
}
