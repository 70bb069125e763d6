package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.Html;
import dev.lapidary.trainer.report.RunReport.Shown;
import java.util.List;

/** The page's part about one set of labelled images. */
final class MeasuredSection {
  private MeasuredSection() {}

  static Html of(RunReport.Measured measured) {
    Measures m = measured.measures();
    return Html.of(
        "<h2 id='{}'>{}</h2>\n<p>{} images, {}{}{}{}",
        measured.title(),
        measured.title(),
        Html.count(m.images()),
        measured.note(),
        m instanceof MultiLabelMeasures several
            ? MultiLabelSection.of(several)
            : SingleLabelSection.of((SingleLabelMeasures) m),
        gallery("Worst mistakes", measured.mistakes()),
        gallery("Some of its answers", measured.samples()));
  }

  private static Html gallery(String title, List<Shown> images) {
    return images.isEmpty()
        ? Html.NONE
        : Html.of(
            "<h3>{}</h3>\n<ul class='gallery'>\n{}</ul>\n",
            title,
            Html.join(images.stream().map(MeasuredSection::shown).toList()));
  }

  private static Html shown(Shown shown) {
    boolean right = shown.label().equals(shown.predicted());
    return Html.of(
        """
        <li><img{} alt='{}' src='{}'><span class='{}'>{} {}</span> {}&nbsp;%{}<br>\
        <span class='soft'>{}</span></li>
        """,
        new Html(shown.thumbnail().small() ? " class='small'" : ""),
        shown.label(),
        shown.thumbnail().dataUri(),
        right ? "right" : "wrong",
        right ? "✓" : "✗",
        shown.predicted(),
        Phrase.of("%.1f", 100 * shown.confidence()),
        right ? Html.NONE : Html.of("<br>is {}", shown.label()),
        shown.image());
  }
}
