// A rival as the measure sees it.

/**
 * @param {() => Promise<1>} one runs the empty task
 * @param {() => Promise<1[]>} [all] runs so many
 */
export const pool = (
  one,
  tasks,
  end,
  all = () => Promise.all(Array.from({ length: tasks }, one)),
) => ({
  trips: { '': one },
  bulks: {
    '': async () => {
      const answers = await all();
      if (answers.length !== tasks || answers.some((answer) => answer !== 1))
        throw new Error('a task did not run');
    },
  },
  end,
});
