/** What lies over the video frame; kept while the page lives, so that it stays from one tracklet to the next. */
export const stageView = $state({ boxes: true, path: true, close: false });
