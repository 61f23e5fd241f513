import path from 'node:path';
import { validate } from '@actions/languageservice/validate';
import { validateAction } from '@actions/languageservice/validate-action';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { read, recipes } from './files.ts';
import { theirInputs } from './their-inputs.ts';

type Config = NonNullable<Parameters<typeof validate>[1]>;
type Provider = NonNullable<Config['actionsMetadataProvider']>;
type FileProvider = NonNullable<Config['fileProvider']>;
type Metadata = NonNullable<Awaited<ReturnType<Provider['fetchActionMetadata']>>>;

let documents = 0;

/** The service remembers what it has seen by its name, so each text gets one of its own. */
function documentOf(name: string, text: string): TextDocument {
  documents += 1;
  return TextDocument.create(`file:///${documents}/${name}`, 'yaml', 1, text);
}

/** The problems that the language service of GitHub Actions finds in a workflow. */
export async function complaintsAboutWorkflow(text: string): Promise<readonly string[]> {
  const document = documentOf('.github/workflows/one.yml', withOurNames(text));
  const found = await validate(document, {
    actionsMetadataProvider: { fetchActionMetadata },
    fileProvider: { getFileContent },
  });
  return found.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
}

/** The problems that it finds in an action file. */
export async function complaintsAboutAction(text: string): Promise<readonly string[]> {
  const found = await validateAction(documentOf('action.yml', text));
  return found.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
}

/** Of actions that are used by their path it does not check the inputs; of others it does. */
function withOurNames(text: string): string {
  return text.replaceAll(
    /(uses: )\.\/(?!\.github\/workflows\/)(\S*)/g,
    (_, key: string, folder: string) => {
      return `${key}OWNER/REPO${folder && `/${folder}`}@v1`;
    },
  );
}

/** Workflows that others call: recipes, where their users have them. */
const getFileContent: FileProvider['getFileContent'] = async (reference) => {
  const name = path.posix.basename(reference.path);
  const recipe = recipes.find(({ file }) => path.posix.basename(file) === name);
  if (recipe === undefined) throw new Error(`there is no workflow ${reference.path}`);
  return { name, content: recipe.text };
};

const fetchActionMetadata: Provider['fetchActionMetadata'] = async ({
  owner,
  name,
  path: folder,
}) => {
  const whole = [owner, name, ...(folder === undefined ? [] : [folder])].join('/');
  if (owner !== 'OWNER') return theirs(whole);
  return parse(
    read([...(folder === undefined ? [] : [folder]), 'action.yml'].join('/')),
  ) as Metadata;
};

function theirs(whole: string): Metadata | undefined {
  const inputs = theirInputs[whole];
  if (inputs === undefined) return undefined;
  const described = inputs.map((name) => [name, { description: name }] as const);
  return { name: whole, description: whole, inputs: Object.fromEntries(described) };
}
