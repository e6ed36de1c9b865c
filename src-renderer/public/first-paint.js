// Sets the theme before the first paint, so that a light page never flashes dark. The setting itself lives in the host; this is a copy of it.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('theme');
  } catch (error) {
    /* storage may be off; the system's theme is used then */
  }
  var light = theme === 'light' || (theme !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches);
  document.documentElement.dataset.theme = light ? 'light' : 'dark';
})();
