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
import { Notice } from "../ui/Notice";
import { notify } from "../ui/Toaster";
import { ManageViews, UpdateSavedViewDocument } from "./ManageViews";
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
        views={views()}
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
  views: readonly View[];
  onClose: () => void;
};

function SaveDialog(props: SaveDialogProps) {
  const [creating, create] = createMutation(CreateSavedViewDocument);
  const [replacing, update] = createMutation(UpdateSavedViewDocument);
  const [name, setName] = createSignal("");
  // As the server compares names.
  const taken = () => props.views.find((view) => view.name === name().trim());
  const state = () => (taken() ? replacing : creating);

  async function save(form: FormData) {
    const text = readText(form, "name");
    const old = taken();
    const input = { search: props.search };
    const cache = { additionalTypenames: ["SavedView"] };
    const answer = old
      ? await update({ id: old.id, input }, cache)
      : await create({ input: { ...input, page: props.page, name: text } }, cache);
    if (!answer.data) return;
    notify({ tone: "ok", text: t(old ? "views.replaced" : "views.saved", { name: text }) });
    setName("");
    props.onClose();
  }
  return (
    <MutationDialog
      open={props.open}
      title={t("views.saveTitle")}
      description={t("views.saveHint")}
      onClose={props.onClose}
      mutation={state()}
      submit={taken() ? t("views.replace") : t("common.save")}
      danger={taken() !== undefined}
      onSubmit={(form) => void save(form)}
    >
      <TextField
        name="name"
        label={t("views.name")}
        required
        maxLength={MAX_NAME}
        autocomplete="off"
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Show when={taken()}>
        {(view) => <Notice tone="warn">{t("views.replaceHint", { name: view().name })}</Notice>}
      </Show>
    </MutationDialog>
  );
}
