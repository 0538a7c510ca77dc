export { AliasList as default } from "../../features/models";
