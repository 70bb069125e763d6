package dev.lapidary.exporter.lower;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Diagonals, stacks, products by equations, norms and quantiles. */
class MatrixOperatorsTest {
  @TempDir static Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.diagonal(x, 0, 2, 3)",
        "torch.diagonal(torch.slice(x, 2, 0, 5), 1, 2, -1)",
        "torch.diagonal(x, -2, 3, 1)",
        "torch.linalg_diagonal(x, offset=-7)",
        "torch.diagonal_scatter(x, torch.select(x, 2, 0), 0, 2, 3)",
        "torch.diagonal_scatter(x, torch.slice(torch.select(x, 3, 0), 2, 0, 6), 2, 3, 2)",
        "torch.diag_embed(torch.mean(x, [3]))",
        "torch.diag_embed(torch.mean(x, [3]), -2, 1, -1)",
        "torch.mul(x, torch.diag(self.s8))",
        "torch.mul(x, torch.diag(torch.outer(self.s8, self.n8), 0))",
        "torch.mul(x, torch.diagflat(torch.slice(self.s8, 0, 0, 7), 1))",
        "torch.mul(x, torch.sum(torch.type_as(torch.tril_indices(8, 2, -1), x)))",
        "torch.index(x, annotate(List[Optional[Tensor]], [None, None,"
            + " torch.select(torch.triu_indices(8, 8, 1), 0, 0),"
            + " torch.select(torch.triu_indices(8, 8, 1), 0, 1)]))",
        // stacks and parts
        "torch.dstack([x, torch.neg(x)])",
        "torch.column_stack([x, torch.neg(x)])",
        "torch.movedim(torch.vstack([torch.transpose(x, 0, 1), torch.transpose(x, 0, 1)]), 1, 0)",
        "torch.mul(x, torch.select(torch.vstack([self.s8, self.n8]), 0, 1))",
        "torch.mul(x, torch.select(torch.dstack([self.s8, self.n8]), 2, 1))",
        "torch.mul(x, torch.select(torch.column_stack([self.s8, self.n8]), 1, 1))",
        "(torch.hsplit(x, 3))[1]",
        "(torch.dsplit(x, [2, 5]))[1]",
        "(torch.dsplit(x, [2, 5]))[2]",
        "(torch.tensor_split(x, [1, -2], 3))[1]",
        "(torch.unsafe_split(x, 3, 2))[1]",
        "(torch.unsafe_split_with_sizes(x, [3, 5], 2))[1]",
        "torch.narrow_copy(x, 2, 1, 3)",
        "torch.fliplr(x)",
        "torch.rot90(x, 1, [2, 3])",
        "torch.rot90(torch.slice(x, 2, 0, 5), 2, [2, 3])",
        "torch.rot90(torch.slice(x, 2, 0, 5), -1, [2, 3])",
        "torch.mT(torch.slice(x, 2, 0, 5))",
        "torch.mH(torch.slice(x, 2, 0, 5))",
        "torch.adjoint(torch.slice(x, 2, 0, 5))",
        "torch.view_as(torch.ravel(x), x)",
        "torch.atleast_3d(torch.mean(x, [2, 3]))",
        "(torch.atleast_1d([x, self.s8]))[0]",
        "(torch.broadcast_tensors([torch.mean(x, [1], True), x]))[0]",
        "torch.sum_to_size(x, [torch.size(x, 0), 1, 1, 8])",
        "torch.kron(x, torch.outer(self.s8, self.m3))",
        "torch.kron(self.m3, x)",
        "torch.mul(x, torch.select(torch.block_diag([torch.outer(self.m3, torch.slice(self.s8, 0, 0, 3)),"
            + " torch.slice(self.n8, 0, 0, 5)]), 0, 2))",
        "torch.diff(x)",
        "torch.diff(x, 2, 1)",
        "torch.diff(x, 1, 3, torch.slice(x, 3, 0, 2), torch.slice(x, 3, 0, 1))",
        "torch.repeat_interleave(x, torch.tensor([2, 0, 3]), 1)",
        // equations
        "torch.einsum(\"...hw,...kw->...hk\", [x, x])",
        "torch.einsum(\"b...c,cd->b...d\", [x, self.proj])",
        "torch.movedim(torch.einsum(\"...c,cd->d...\", [x, self.proj]), 0, -1)",
        "torch.einsum(\"b...,...->b...\", [x, self.proj])",
        "torch.einsum(\"bi..., bj... -> b...ij\", [x, torch.neg(x)])",
        "torch.transpose(torch.einsum(\"ahw,Zhw\", [torch.select(x, 1, 0), torch.slice(self.bil, 0, 0, 2)]), 0, 1)",
        "torch.einsum(\"bchw,bchw->bchw\", [torch.mean(x, [1], True), x])",
        "torch.einsum(\"bchw,bchw->bhw\", [x, torch.mean(x, [1, 3], True)])",
        "torch.einsum(\"bchw,bchw->bc\", [torch.mean(x, [2, 3], True), torch.mean(x, [3], True)])",
        "torch.mm(torch.mean(x, [1, 2]), torch.mm(self.proj, self.proj))",
        "torch.einsum(\"bcii->bci\", [x])",
        // of constants alone, computed at once: sums, diagonals, sizes of 1, three factors
        "torch.mul(x, torch.einsum(\"hd,qd->hq\", [self.proj, self.proj]))",
        "torch.mul(x, torch.einsum(\"ij,hdj,hk->id\", [self.proj, self.bil, self.lin]))",
        "torch.mul(x, torch.einsum(\"ii->i\", [self.proj]))",
        "torch.mul(x, torch.einsum(\"i...,...->i\", [self.proj, self.s8]))",
        "torch.mul(x, torch.einsum(\"ab,ac->bc\", [torch.unsqueeze(self.s8, 0), self.proj]))",
        "torch.mul(x, torch.einsum(\"i,i\", [self.s8, self.n8]))",
        "torch.einsum(\"bchw,hk->bckw\", [x, torch.t(self.proj)])",
        "torch.einsum(\"bch,hk,bck->bk\", [torch.select(x, 2, 0), self.proj, torch.select(x, 2, 1)])",
        // products
        "torch.inner(x, self.s8)",
        "torch.mul(x, torch.vdot(self.s8, self.n8))",
        "torch.linalg_vecdot(x, torch.relu(x))",
        "torch.linalg_vecdot(x, torch.relu(x), dim=1)",
        "torch.cross(x, torch.relu(x), 1)",
        "torch.cross(torch.slice(x, 3, 0, 5), torch.reshape(self.m3, [1, 3, 1, 1]), 1)",
        "torch.linalg_cross(torch.slice(x, 3, 0, 3), torch.reshape(self.m3, [1, 1, 1, 3]))",
        "torch.mul(x, torch.addr(self.proj, self.s8, self.n8, beta=2, alpha=0.5))",
        "torch.linalg_multi_dot([torch.select(torch.select(x, 1, 0), 1, 0), self.proj, self.proj])",
        "torch.chain_matmul([torch.select(torch.select(x, 1, 0), 1, 0), self.proj, self.proj])",
        "torch.matrix_power(x, 5)",
        "torch.linalg_matrix_power(x, 4)",
        // norms
        "torch.linalg_norm(x, None, [1])",
        "torch.linalg_norm(x, 3, [2], True)",
        "torch.linalg_norm(x, 1, [2, 3])",
        "torch.linalg_norm(x, \"fro\", [-2, -1])",
        "torch.linalg_matrix_norm(x, inf)",
        "torch.linalg_matrix_norm(x, -1, [1, 3], True)",
        "torch.linalg_matrix_norm(x, \"fro\", [1, 3])",
        "torch.linalg_vector_norm(torch.relu(x), 0, [1])",
        "torch.linalg_vector_norm(x, 0.5, [2, 3], True)",
        "torch.norm(x, 3, [1])",
        "torch.mul(x, torch.linalg_vector_norm(self.s8, 3))",
        "torch.mul(x, torch.linalg_vector_norm(self.s8, 1))",
        "torch.mul(x, torch.linalg_vector_norm(self.s8, -inf))",
        "torch.cdist(torch.flatten(x, 2), torch.flatten(torch.relu(x), 2), 3., None)",
        "torch.mul(x, torch.select(torch.renorm(self.proj, 2, 0, 1.5), 0, 3))",
        // places among others
        "torch.quantile(x, 0.29999999999999999, 2, True)",
        "torch.movedim(torch.quantile(x, torch.tensor([0.25, 0.5, 1.]), 3), 0, 1)",
        "torch.quantile(torch.flatten(x, 1), 0.90000000000000002, -1)",
        "torch.quantile(x, 0.40000000000000002, 2, interpolation=\"lower\")",
        "torch.quantile(x, 0.40000000000000002, 2, interpolation=\"higher\")",
        "torch.quantile(x, 0.40000000000000002, 2, interpolation=\"nearest\")",
        "torch.quantile(x, 0.40000000000000002, 2, interpolation=\"midpoint\")",
        "torch.type_as(torch.bucketize(x, torch.tensor([-0.5, 0., 0.25])), x)",
        "torch.type_as(torch.bucketize(torch.relu(x), torch.tensor([-0.5, 0., 0.25]), right=True), x)",
        "torch.type_as(torch.searchsorted(torch.tensor([-0.5, 0., 0.25]), torch.relu(x)), x)",
        "torch.type_as(torch.searchsorted(torch.tensor([-0.5, 0., 0.25]), torch.relu(x),"
            + " out_int32=True, side=\"right\"), x)",
        "torch.type_as(torch.isin(torch.to(torch.mul(x, 3), 4), torch.tensor([1, -2])), x)",
        "torch.type_as(torch.isin(torch.to(torch.mul(x, 3), 4), torch.tensor([[1, -2]]),"
            + " invert=True), x)",
      })
  void onnxRuntimeComputesWhatLibtorchComputes(String expression) throws IOException {
    OperatorContract.agrees(folder, expression, 13, 17, 20);
  }
}
