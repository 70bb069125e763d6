package dev.lapidary.trainer.report;

import dev.lapidary.trainer.report.RunReport.Shown;
import java.util.List;
import java.util.Locale;

/** The page's part about one set of labelled images. */
final class MeasuredSection {
  private MeasuredSection() {}

  static String of(RunReport.Measured measured) {
    Measures m = measured.measures();
    StringBuilder out = new StringBuilder();
    String title = Html.escape(measured.title());
    out.append("<h2 id='").append(title).append("'>").append(title).append("</h2>\n<p>");
    out.append(Html.count(m.images())).append(" images, ").append(Html.escape(measured.note()));
    if (m instanceof MultiLabelMeasures several) {
      MultiLabelSection.of(out, several);
    } else {
      SingleLabelSection.of(out, (SingleLabelMeasures) m);
    }
    gallery(out, "Worst mistakes", measured.mistakes());
    gallery(out, "Some of its answers", measured.samples());
    return out.toString();
  }

  private static void gallery(StringBuilder out, String title, List<Shown> images) {
    if (images.isEmpty()) {
      return;
    }
    out.append("<h3>").append(title).append("</h3>\n<ul class='gallery'>\n");
    for (Shown shown : images) {
      boolean right = shown.label().equals(shown.predicted());
      String label = Html.escape(shown.label());
      out.append("<li><img").append(shown.thumbnail().small() ? " class='small'" : "");
      out.append(" alt='").append(label).append("' src='").append(shown.thumbnail().dataUri());
      out.append("'><span class='").append(right ? "right'>" : "wrong'>");
      out.append(right ? "✓ " : "✗ ").append(Html.escape(shown.predicted())).append("</span> ");
      out.append(String.format(Locale.ROOT, "%.1f&nbsp;%%", 100 * shown.confidence()));
      out.append(right ? "" : "<br>is " + label).append("<br><span class='soft'>");
      out.append(Html.escape(shown.image())).append("</span></li>\n");
    }
    out.append("</ul>\n");
  }
}
