package dev.lapidary.trainer.program;

/**
 * The methods that give the loss where some images count more than others: the mean over the images
 * of factor times loss. With class weights the mean is divided by the classes' weights, as
 * PyTorch's is, and not by the factors. A network with two heads has the outputs of both; an image
 * costs what those of its own head make of it.
 */
final class WeighedText {
  private static final String METHODS =
      """
        def weighed(self: SELF, logits: Tensor, y: Tensor, other: Tensor, weight: Tensor, factors: Tensor, h: Tensor) -> Tensor:
          own = (self).mean_weighed(logits, y, weight, torch.select(factors, 0, 0), h, )
          if torch.lt(float(h[2]), 1.):
            mixed = (self).mean_weighed(logits, other, weight, torch.select(factors, 0, 1), h, )
            loss = torch.add(torch.mul(own, float(h[2])), torch.mul(mixed, torch.sub(1., float(h[2]))))
          else:
            loss = own
          return loss
        def each(self: SELF, logits: Tensor, y: Tensor, weight: Tensor, h: Tensor) -> Tensor:
          if torch.gt(torch.numel(weight), 0):
            w = annotate(Optional[Tensor], weight)
          else:
            w = annotate(Optional[Tensor], None)
          if torch.gt(float(h[3]), 0.):
            target = (self).target(logits, y, float(h[0]), )
            loss = torch.mean(torch.binary_cross_entropy_with_logits(logits, target, None, w, 0), [1])
          else:
            loss = torch.cross_entropy_loss(logits, y, w, 0, -100, float(h[0]))
          return loss
        def mean_weighed(self: SELF, logits: Tensor, y: Tensor, weight: Tensor, factors: Tensor, h: Tensor) -> Tensor:
      SUM
          if torch.gt(torch.numel(weight), 0):
            if torch.gt(float(h[3]), 0.):
              loss = torch.div(sum, torch.size(logits, 0))
            else:
              loss = torch.div(sum, torch.sum(torch.index_select(weight, 0, y)))
          else:
            loss = torch.div(sum, torch.size(logits, 0))
          return loss
        def apart_weighed(self: SELF, logits: Tensor, y: Tensor, teacher: Tensor, factors: Tensor, t: float) -> Tensor:
          soft = torch.div(teacher, t)
          student = torch.div(logits, t)
          if torch.gt(torch.dim(y), 1):
            p = torch.sigmoid(soft)
            cross = torch.binary_cross_entropy_with_logits(student, p, None, None, 0)
            kl = torch.mean(torch.sub(cross, torch.binary_cross_entropy_with_logits(soft, p, None, None, 0)), [1])
          else:
            kl = torch.sum(torch.kl_div(torch.log_softmax(student, 1), torch.log_softmax(soft, 1), 0, log_target=True), [1])
          return torch.div(torch.sum(torch.mul(kl, torch.select(factors, 0, 0))), torch.size(logits, 0))
      """;

  private static final String ONE_HEAD =
      "    sum = torch.sum(torch.mul((self).each(logits, y, weight, h, ), factors))";

  /** Rows of each head's images; a batch may lack one of the two. */
  private static final String TWO_HEADS =
      """
          first = torch.reshape(torch.nonzero(torch.lt(y, OWN)), [-1])
          second = torch.reshape(torch.nonzero(torch.ge(y, OWN)), [-1])
          a = (self).each(torch.slice(torch.index_select(logits, 0, first), 1, 0, OWN), torch.index_select(y, 0, first), torch.slice(weight, 0, 0, OWN), h, )
          b = (self).each(torch.slice(torch.index_select(logits, 0, second), 1, OWN), torch.sub(torch.index_select(y, 0, second), OWN), torch.slice(weight, 0, OWN), h, )
          c = torch.sum(torch.mul(a, torch.index_select(factors, 0, first)))
          sum = torch.add(c, torch.sum(torch.mul(b, torch.index_select(factors, 0, second))))""";

  private WeighedText() {}

  /**
   * @param own outputs of the first of two heads; 0: there is one
   */
  static String methods(int own) {
    String sum = own == 0 ? ONE_HEAD : TWO_HEADS.indent(4).stripTrailing();
    return METHODS.replace("SUM", sum).replace("OWN", String.valueOf(own));
  }
}
