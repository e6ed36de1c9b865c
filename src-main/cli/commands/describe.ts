/** `tracklet describe <method>`: options, parameters and multiply-accumulates, beside the paper's figures. */
import { describeJob } from '../../compute/tasks/describe.ts';
import { methodsJob } from '../../compute/tasks/methods.ts';
import { recipeJsonSchema, recipeKeys, type RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { columns, defineCommand, settings } from '../command.ts';

export default defineCommand({
  id: 'describe',
  positionals: ['<method>'],
  summary: 'Options, size and cost of a method',
  options: { set: { type: 'string', multiple: true, value: 'key=value', help: 'an option of the method; may be repeated' } },
  async run(args, io) {
    const id = args.positionals[0] ?? '';
    const size = await describeJob({ kind: 'describe', method: id, options: settings(args) });
    const info = (await methodsJob()).find((method) => method.id === id);
    if (io.json)
      return io.out(
        JSON.stringify({
          ...size,
          title: info?.title,
          paper: info?.paper,
          results: info?.card.results,
          optionsSchema: info?.optionsSchema,
          recipes: info?.recipes,
        }),
      );
    io.out(`${info?.title} (${info?.paper.title}, ${info?.paper.venue} ${info?.paper.year})`);
    if (info) io.out(info.card.summary);
    io.out(
      `${(size.parameters / 1e6).toFixed(3)} M parameters, ${(size.parametersWithoutClassifier / 1e6).toFixed(3)} M without classifier; ${(size.macsPerClip / 1e9).toFixed(3)} G multiply-accumulates a clip, ${(size.macsPerFrame / 1e9).toFixed(3)} G a frame`,
    );
    const properties = info?.optionsSchema['properties'] as Record<string, { title?: string; description?: string }> | undefined;
    for (const line of columns(
      Object.entries(size.options).map(([key, value]) => [
        `${key} = ${JSON.stringify(value)}`,
        properties?.[key]?.description ?? properties?.[key]?.title ?? '',
      ]),
    ))
      io.out(line);
    if (info) {
      const { small, paper } = info.recipes;
      io.out('Recipe of "tracklet train", each with --set too:');
      const said = (recipe: RecipeValues, key: keyof RecipeValues) => JSON.stringify(recipe[key] ?? recipeJsonSchema.properties[key]['default']);
      for (const line of columns(recipeKeys.map((key) => [key, `${said(small, key)} small, ${said(paper, key)} as in the paper`]))) io.out(line);
    }
    for (const result of info?.card.results ?? []) io.out(`  paper: ${result.dataset} mAP ${result.mAP}, rank-1 ${result.rank1} (${result.protocol})`);
  },
});
