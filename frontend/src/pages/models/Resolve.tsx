export { Resolution as default } from "../../features/models";
