# What PyTorch defines by other operators, in TorchScript: the tracer runs a function of this file
# where a program calls the operator of its name, and libtorch runs the same text in the tests.
# A function's parameters are those of the operator's signature; where overloads differ, those of
# all of them, and what an overload has not keeps its default. Sizes may be multiples of the batch.
# A NotImplementedError is exit code 4, any other exception 2; the text is the user's message.
# A function behind complex_ is the operator's of complex tensors; those that no operator is called like are what
# others share.

# Shared

# How far each element of a matrix lies above the diagonal.
def above_diagonal(rows: int, columns: int) -> Tensor:
  down = torch.unsqueeze(torch.arange(rows, dtype=3), -1)
  return torch.sub(torch.arange(columns, dtype=3), down)

# The dimensions that are given, or else all of them.
def all_or(self: Tensor, dim: Optional[List[int]]) -> List[int]:
  if dim is not None:
    if torch.len(dim) > 0:
      return dim
  dims = annotate(List[int], [])
  for d in range(torch.dim(self)):
    torch.append(dims, d)
  return dims

# A sequence [N, C, L] as an image of one row, [N, C, 1, L].
def image_of(self: Tensor, operator: str) -> Tensor:
  if torch.dim(self) != 3:
    ops.prim.RaiseException(torch.format("{} of a tensor of shape {}", operator, torch.size(self)), "builtins.NotImplementedError")
  return torch.unsqueeze(self, 2)

# [N, C, H, W].
def image_size(self: Tensor, operator: str) -> List[int]:
  if torch.dim(self) != 4:
    ops.prim.RaiseException(torch.format("{} of a tensor of shape {}", operator, torch.size(self)), "builtins.NotImplementedError")
  return torch.size(self)

# A volume [N, C, D, H, W] as images, [N, C D, H, W].
def images_of(self: Tensor, operator: str) -> Tensor:
  if torch.dim(self) != 5:
    ops.prim.RaiseException(torch.format("{} of a tensor of shape {}", operator, torch.size(self)), "builtins.NotImplementedError")
  n, c, d, h, w = torch.size(self)
  return torch.reshape(self, [n, c * d, h, w])

# Those, pooled or resized, as images of whole columns, [N, C, D, H W].
def columns_of(images: Tensor, volume: Tensor) -> Tensor:
  n, c, d, h, w = torch.size(volume)
  return torch.reshape(images, [n, c, d, torch.size(images, 2) * torch.size(images, 3)])

# And these as a volume again.
def volume_of(columns: Tensor, images: Tensor) -> Tensor:
  n, c, d, plane = torch.size(columns)
  return torch.reshape(columns, [n, c, d, torch.size(images, 2), torch.size(images, 3)])

# What one overload calls self, and the other input.
def self_or(self: Optional[Tensor], input: Optional[Tensor]) -> Tensor:
  if self is not None:
    return self
  return ops.prim.unchecked_unwrap_optional(input)

# The sizes behind the channels that are given, or that factors make.
def sizes_or(self: Tensor, output_size: Optional[List[int]], scale_factors: Optional[List[float]]) -> List[int]:
  if output_size is not None:
    return output_size
  factors = ops.prim.unchecked_unwrap_optional(scale_factors)
  sizes = annotate(List[int], [])
  for i in range(torch.len(factors)):
    torch.append(sizes, torch.floor(float(torch.size(self, i + 2)) * factors[i]))
  return sizes

def others(self: Tensor, dim: int) -> List[int]:
  dims = annotate(List[int], [])
  for d in range(torch.dim(self)):
    if d != dim:
      torch.append(dims, d)
  return dims

# No stride means the window's own size.
def stride_of(stride: List[int]) -> List[int]:
  if torch.len(stride) == 0:
    return stride
  return [1, stride[0]]

def stride_or(stride: List[int], kernel_size: List[int]) -> List[int]:
  if torch.len(stride) == 0:
    return kernel_size
  return stride

def truths(self: Tensor) -> Tensor:
  if ops.prim.dtype(self) == 11:
    return self
  return torch.ne(self, 0)

# Indexing, Slicing, Joining, Mutating Ops

def argwhere(self: Tensor) -> Tensor:
  return torch.nonzero(self)

def argsort(self: Tensor, dim: int=-1, descending: bool=False, stable: bool=False) -> Tensor:
  values, indices = torch.sort(self, dim, descending)
  return indices

# As many equal parts as fit, the last one smaller; fewer than asked for if that is enough.
def chunk(self: Tensor, chunks: int, dim: int) -> List[Tensor]:
  if chunks < 1:
    ops.prim.RaiseException(torch.format("chunk into {} parts", chunks), "builtins.ValueError")
  return torch.split(self, (torch.size(self, dim) + chunks - 1) // chunks, dim)

def column_stack(tensors: List[Tensor]) -> Tensor:
  columns = annotate(List[Tensor], [])
  for tensor in tensors:
    if torch.dim(tensor) < 2:
      torch.append(columns, torch.reshape(tensor, [torch.numel(tensor), 1]))
    else:
      torch.append(columns, tensor)
  return torch.cat(columns, 1)

def concat(tensors: List[Tensor], dim: int) -> Tensor:
  return torch.cat(tensors, dim)

def dsplit(self: Tensor, sections: int=1, indices: Optional[List[int]]=None) -> List[Tensor]:
  if indices is None:
    return torch.tensor_split(self, sections, 2)
  return torch.tensor_split(self, indices, 2)

def dstack(tensors: List[Tensor]) -> Tensor:
  return torch.cat(torch.atleast_3d(tensors), 2)

def hsplit(self: Tensor, sections: int=1, indices: Optional[List[int]]=None) -> List[Tensor]:
  dim = 1
  if torch.dim(self) == 1:
    dim = 0
  if indices is None:
    return torch.tensor_split(self, sections, dim)
  return torch.tensor_split(self, indices, dim)

def hstack(tensors: List[Tensor]) -> Tensor:
  dim = 1
  if torch.len(tensors) > 0 and torch.dim(tensors[0]) == 1:
    dim = 0
  return torch.cat(tensors, dim)

def masked_select(self: Tensor, mask: Tensor) -> Tensor:
  whole, kept = torch.broadcast_tensors([self, mask])
  return torch.index(whole, annotate(List[Optional[Tensor]], [kept]))

def narrow(self: Tensor, dim: int, start: int, length: int) -> Tensor:
  return torch.slice(self, dim, start, start + length, 1)

def narrow_copy(self: Tensor, dim: int, start: int, length: int) -> Tensor:
  return torch.clone(torch.narrow(self, dim, start, length))

# Where a constant's elements are not 0: [count, dimensions].
def nonzero(self: Tensor) -> Tensor:
  return torch.stack(torch.nonzero_numpy(self), 1)

def row_stack(tensors: List[Tensor]) -> Tensor:
  return torch.cat(torch.atleast_2d(tensors), 0)

def stack(tensors: List[Tensor], dim: int) -> Tensor:
  raised = annotate(List[Tensor], [])
  for tensor in tensors:
    torch.append(raised, torch.unsqueeze(tensor, dim))
  return torch.cat(raised, dim)

# A number counts as a tensor of it; what writes combined is scatter_reduce.
def scatter(self: Tensor, dim: int, index: Tensor, src: Optional[Tensor]=None, value: Optional[number]=None, reduce: Optional[str]=None) -> Tensor:
  if value is not None:
    source = torch.full(torch.size(index), value, dtype=ops.prim.dtype(self))
  else:
    source = ops.prim.unchecked_unwrap_optional(src)
  if reduce is None:
    return torch.scatter(self, dim, index, source)
  if reduce == "multiply":
    return torch.scatter_reduce(self, dim, index, source, "prod")
  return torch.scatter_reduce(self, dim, index, source, "sum")

# Without self, what is written combines with what changes nothing. A mean is a sum by a count.
def scatter_reduce(self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool) -> Tensor:
  neutral = 0.
  if reduce == "prod":
    neutral = 1.
  if reduce == "amax":
    neutral = -inf
  if reduce == "amin":
    neutral = inf
  if include_self:
    base = self
  else:
    base = torch.scatter(self, dim, index, neutral)
  if reduce != "mean":
    return torch.scatter_reduce(base, dim, index, src, reduce)
  sum = torch.scatter_add(base, dim, index, src)
  start = torch.full_like(self, int(include_self))
  count = torch.scatter_add(start, dim, index, torch.ones_like(src))
  return torch.div(sum, torch.clamp_min(count, 1))

# Of the tensor as one row.
def take(self: Tensor, index: Tensor) -> Tensor:
  row = torch.reshape(self, [-1])
  return torch.index(row, annotate(List[Optional[Tensor]], [index]))

# As equal as can be, the first ones greater; or from each index to the next.
def tensor_split(self: Tensor, sections: int=1, indices: Optional[List[int]]=None, dim: int=0) -> List[Tensor]:
  if indices is not None:
    parts = annotate(List[Tensor], [])
    begin = 0
    for end in indices:
      torch.append(parts, torch.slice(self, dim, begin, end, 1))
      begin = end
    torch.append(parts, torch.slice(self, dim, begin, None, 1))
    return parts
  if sections < 1:
    ops.prim.RaiseException(torch.format("aten::tensor_split into {} parts", sections), "builtins.ValueError")
  size = torch.size(self, dim)
  sizes = annotate(List[int], [])
  for i in range(sections):
    torch.append(sizes, size // sections + int(i < size % sections))
  return torch.split_with_sizes(self, sizes, dim)

def unbind(self: Tensor, dim: int) -> List[Tensor]:
  parts = annotate(List[Tensor], [])
  for i in range(torch.size(self, dim)):
    torch.append(parts, torch.select(self, dim, i))
  return parts

# What is written into a part, nobody sees in the whole.
def unsafe_chunk(self: Tensor, chunks: int, dim: int) -> List[Tensor]:
  parts = annotate(List[Tensor], [])
  for part in torch.chunk(self, chunks, dim):
    torch.append(parts, torch.clone(part))
  return parts

def unsafe_split(self: Tensor, split_size: int, dim: int) -> List[Tensor]:
  parts = annotate(List[Tensor], [])
  for part in torch.split(self, split_size, dim):
    torch.append(parts, torch.clone(part))
  return parts

def unsafe_split_with_sizes(self: Tensor, split_sizes: List[int], dim: int) -> List[Tensor]:
  parts = annotate(List[Tensor], [])
  for part in torch.split_with_sizes(self, split_sizes, dim):
    torch.append(parts, torch.clone(part))
  return parts

def vsplit(self: Tensor, sections: int=1, indices: Optional[List[int]]=None) -> List[Tensor]:
  if indices is None:
    return torch.tensor_split(self, sections, 0)
  return torch.tensor_split(self, indices, 0)

def vstack(tensors: List[Tensor]) -> Tensor:
  return torch.cat(torch.atleast_2d(tensors), 0)

# Tensor Views

def _unsafe_view(self: Tensor, size: List[int]) -> Tensor:
  return torch.view(self, size)

def adjoint(self: Tensor) -> Tensor:
  return torch.transpose(self, -2, -1)

def broadcast_to(self: Tensor, size: List[int]) -> Tensor:
  return torch.expand(self, size)

def expand_as(self: Tensor, other: Tensor) -> Tensor:
  return torch.expand(self, torch.size(other))

def mH(self: Tensor) -> Tensor:
  return torch.transpose(self, -2, -1)

def mT(self: Tensor) -> Tensor:
  return torch.transpose(self, -2, -1)

def moveaxis(self: Tensor, source: int, destination: int) -> Tensor:
  return torch.movedim(self, source, destination)

def numpy_T(self: Tensor) -> Tensor:
  dims = annotate(List[int], [])
  for d in range(torch.dim(self)):
    torch.append(dims, torch.dim(self) - 1 - d)
  return torch.permute(self, dims)

def ravel(self: Tensor) -> Tensor:
  return torch.flatten(self)

def reshape_as(self: Tensor, other: Tensor) -> Tensor:
  return torch.reshape(self, torch.size(other))

def swapaxes(self: Tensor, axis0: int, axis1: int) -> Tensor:
  return torch.transpose(self, axis0, axis1)

def swapdims(self: Tensor, dim0: int, dim1: int) -> Tensor:
  return torch.transpose(self, dim0, dim1)

def view_as(self: Tensor, other: Tensor) -> Tensor:
  return torch.view(self, torch.size(other))

# Pointwise Ops

def addcdiv(self: Tensor, tensor1: Tensor, tensor2: Tensor, value: number) -> Tensor:
  term = torch.div(tensor1, tensor2)
  if value != 1:
    term = torch.mul(term, value)
  return torch.add(self, term)

def addcmul(self: Tensor, tensor1: Tensor, tensor2: Tensor, value: number) -> Tensor:
  term = torch.mul(tensor1, tensor2)
  if value != 1:
    term = torch.mul(term, value)
  return torch.add(self, term)

def angle(self: Tensor) -> Tensor:
  angle = torch.where(torch.lt(self, 0), 3.1415926535897931, 0.)
  return torch.masked_fill(angle, torch.isnan(self), nan)

# The slope's angle, and on the left half a turn more or less. A zero other counts as positive, so
# that the slope is infinite to the right side.
def atan2(self: Tensor, other: Tensor) -> Tensor:
  zero = torch.eq(other, 0)
  slope = torch.atan(torch.div(self, torch.masked_fill(other, zero, 0)))
  turn = torch.where(torch.signbit(self), -3.1415926535897931, 3.1415926535897931)
  turned = torch.add(slope, turn)
  angle = torch.where(torch.lt(other, 0), turned, slope)
  return torch.masked_fill(angle, torch.logical_and(zero, torch.eq(self, 0)), 0)

# Between numbers it is an operator of its own.
def clamp(self: Tensor, min: Optional[Tensor], max: Optional[Tensor]) -> Tensor:
  y = self
  if min is not None:
    y = torch.maximum(y, min)
  if max is not None:
    y = torch.minimum(y, max)
  return y

def clamp_max(self: Tensor, max: number) -> Tensor:
  return torch.clamp(self, None, max)

def clamp_min(self: Tensor, min: number) -> Tensor:
  return torch.clamp(self, min, None)

def conj_physical(self: Tensor) -> Tensor:
  return self

def copysign(self: Tensor, other: Tensor) -> Tensor:
  size = torch.abs(self)
  if isinstance(other, Tensor):
    signed = torch.where(torch.signbit(other), torch.neg(size), size)
  else:
    signed = torch.mul(size, torch.copysign(1., float(other)))
  return signed

def cosh(self: Tensor) -> Tensor:
  falling = torch.exp(torch.neg(self))
  return torch.mul(torch.add(torch.exp(self), falling), 0.5)

def deg2rad(self: Tensor) -> Tensor:
  return torch.mul(self, 0.017453292519943295)

def erfc(self: Tensor) -> Tensor:
  return torch.rsub(torch.erf(self), 1)

def exp2(self: Tensor) -> Tensor:
  return torch.pow(2, self)

def expm1(self: Tensor) -> Tensor:
  return torch.sub(torch.exp(self), 1)

def float_power(self: Tensor, exponent: Tensor) -> Tensor:
  base = self
  if isinstance(self, Tensor):
    base = torch.to(self, 7)
  power = exponent
  if isinstance(exponent, Tensor):
    power = torch.to(exponent, 7)
  return torch.pow(base, power)

# NaN counts as missing.
def fmax(self: Tensor, other: Tensor) -> Tensor:
  first = torch.where(torch.isnan(self), other, self)
  second = torch.where(torch.isnan(other), self, other)
  return torch.maximum(first, second)

def fmin(self: Tensor, other: Tensor) -> Tensor:
  first = torch.where(torch.isnan(self), other, self)
  second = torch.where(torch.isnan(other), self, other)
  return torch.minimum(first, second)

def frac(self: Tensor) -> Tensor:
  return torch.sub(self, torch.trunc(self))

def heaviside(self: Tensor, values: Tensor) -> Tensor:
  above = torch.type_as(torch.gt(self, 0), self)
  return torch.where(torch.eq(self, 0), values, above)

def hypot(self: Tensor, other: Tensor) -> Tensor:
  square = torch.square(other)
  return torch.sqrt(torch.add(torch.square(self), square))

def ldexp(self: Tensor, other: Tensor) -> Tensor:
  return torch.mul(self, torch.exp2(other))

def lerp(self: Tensor, end: Tensor, weight: Tensor) -> Tensor:
  way = torch.sub(end, self)
  return torch.add(self, torch.mul(way, weight))

def log10(self: Tensor) -> Tensor:
  return torch.mul(torch.log(self), 0.43429448190325176)

def log2(self: Tensor) -> Tensor:
  return torch.mul(torch.log(self), 1.4426950408889634)

def logaddexp(self: Tensor, other: Tensor) -> Tensor:
  apart = torch.abs(torch.sub(self, other))
  more = torch.log1p(torch.exp(torch.neg(apart)))
  return torch.add(torch.maximum(self, other), more)

def logaddexp2(self: Tensor, other: Tensor) -> Tensor:
  apart = torch.abs(torch.sub(self, other))
  more = torch.mul(torch.log1p(torch.exp2(torch.neg(apart))), 1.4426950408889634)
  return torch.add(torch.maximum(self, other), more)

def logical_xor(self: Tensor, other: Tensor) -> Tensor:
  return torch.ne(__torch__.decompositions.truths(self), __torch__.decompositions.truths(other))

def logit(self: Tensor, eps: Optional[float]) -> Tensor:
  p = self
  if eps is not None:
    p = torch.clamp(self, eps, 1. - eps)
  return torch.log(torch.div(p, torch.rsub(p, 1)))

def nan_to_num(self: Tensor, nan: Optional[float], posinf: Optional[float], neginf: Optional[float]) -> Tensor:
  dtype = ops.prim.dtype(self)
  above = 3.4028234663852886e+38
  if dtype == 5:
    above = 65504.
  if dtype == 7:
    above = 1.7976931348623157e+308
  if dtype == 15:
    above = 3.3895313892515355e+38
  below = -above
  if posinf is not None:
    above = posinf
  if neginf is not None:
    below = neginf
  if not torch.is_floating_point(self):
    return self
  if nan is None:
    y = torch.masked_fill(self, torch.isnan(self), 0)
  else:
    y = torch.masked_fill(self, torch.isnan(self), nan)
  y = torch.masked_fill(y, torch.isposinf(self), above)
  return torch.masked_fill(y, torch.isneginf(self), below)

def polar(abs: Tensor, angle: Tensor) -> Tensor:
  real = torch.mul(abs, torch.cos(angle))
  return torch.complex(real, torch.mul(abs, torch.sin(angle)))

def positive(self: Tensor) -> Tensor:
  return self

def rad2deg(self: Tensor) -> Tensor:
  return torch.mul(self, 57.295779513082323)

# Half to even, with so many digits behind the point, or before it.
def round(self: Tensor, decimals: int=0) -> Tensor:
  scale = 10. ** abs(decimals)
  if decimals > 0:
    return torch.div(torch.round(torch.mul(self, scale)), scale)
  return torch.mul(torch.round(torch.div(self, scale)), scale)

def sgn(self: Tensor) -> Tensor:
  return torch.sign(self)

def sign(self: Tensor) -> Tensor:
  dtype = ops.prim.dtype(self)
  positive = torch.to(torch.gt(self, 0), dtype)
  return torch.sub(positive, torch.to(torch.lt(self, 0), dtype))

# Also true of -0, whose reciprocal is the negative infinity.
def signbit(self: Tensor) -> Tensor:
  less = torch.lt(self, 0)
  if torch.is_floating_point(self):
    less = torch.logical_or(less, torch.lt(torch.reciprocal(self), 0))
  return less

def sinc(self: Tensor) -> Tensor:
  angle = torch.mul(self, 3.1415926535897931)
  wave = torch.div(torch.sin(angle), angle)
  return torch.masked_fill(wave, torch.eq(self, 0), 1)

def sinh(self: Tensor) -> Tensor:
  falling = torch.exp(torch.neg(self))
  return torch.mul(torch.sub(torch.exp(self), falling), 0.5)

# -x log(x): 0 at 0, the negative infinity below.
def special_entr(self: Tensor) -> Tensor:
  y = torch.neg(torch.mul(self, torch.log(self)))
  y = torch.masked_fill(y, torch.eq(self, 0), 0)
  return torch.masked_fill(y, torch.lt(self, 0), -inf)

def special_ndtr(self: Tensor) -> Tensor:
  return torch.mul(torch.erfc(torch.mul(self, -0.70710678118654757)), 0.5)

# 0 where self is, unless other is NaN.
def special_xlog1py(self: Tensor, other: Tensor) -> Tensor:
  x = self
  if not isinstance(self, Tensor):
    x = ops.prim.NumToTensor(self)
  y = other
  if not isinstance(other, Tensor):
    y = ops.prim.NumToTensor(other)
  product = torch.mul(x, torch.log1p(y))
  return torch.masked_fill(product, torch.logical_and(torch.eq(x, 0), torch.eq(y, y)), 0)

def square(self: Tensor) -> Tensor:
  return torch.mul(self, self)

def tan(self: Tensor) -> Tensor:
  return torch.div(torch.sin(self), torch.cos(self))

def true_divide(self: Tensor, other: Tensor) -> Tensor:
  return torch.div(self, other)

def trunc(self: Tensor) -> Tensor:
  return torch.mul(torch.sign(self), torch.floor(torch.abs(self)))

def xlogy(self: Tensor, other: Tensor) -> Tensor:
  x = self
  if not isinstance(self, Tensor):
    x = ops.prim.NumToTensor(self)
  y = other
  if not isinstance(other, Tensor):
    y = ops.prim.NumToTensor(other)
  product = torch.mul(x, torch.log(y))
  return torch.masked_fill(product, torch.logical_and(torch.eq(x, 0), torch.eq(y, y)), 0)

# Reduction Ops

def all(self: Tensor, dim: int, keepdim: bool) -> Tensor:
  return torch.gt(torch.amin(torch.to(__torch__.decompositions.truths(self), 6), [dim], keepdim), 0)

def aminmax(self: Tensor, dim: Optional[int], keepdim: bool) -> Tuple[Tensor, Tensor]:
  if dim is None:
    ops.prim.RaiseException("aten::aminmax over all dimensions, and so over the batch", "builtins.NotImplementedError")
  along = ops.prim.unchecked_unwrap_optional(dim)
  least = torch.amin(self, [along], keepdim)
  return (least, torch.amax(self, [along], keepdim))

def any(self: Tensor, dim: int, keepdim: bool) -> Tensor:
  return torch.gt(torch.amax(torch.to(__torch__.decompositions.truths(self), 6), [dim], keepdim), 0)

def count_nonzero(self: Tensor, dim: List[int]) -> Tensor:
  return torch.sum(torch.to(__torch__.decompositions.truths(self), 4), dim)

def frobenius_norm(self: Tensor, dim: List[int], keepdim: bool) -> Tensor:
  return torch.linalg_vector_norm(self, 2, dim, keepdim)

def kthvalue(self: Tensor, k: int, dim: int, keepdim: bool) -> Tuple[Tensor, Tensor]:
  if k < 1:
    ops.prim.RaiseException(torch.format("aten::kthvalue of the {}-th value", k), "builtins.ValueError")
  values, indices = torch.topk(self, k, dim, False, True)
  value = torch.narrow(values, dim, k - 1, 1)
  if not keepdim:
    value = torch.squeeze(value, dim)
  index = torch.narrow(indices, dim, k - 1, 1)
  if not keepdim:
    index = torch.squeeze(index, dim)
  return (value, index)

# The greatest or the least size, the sum of sizes, the count of others than 0, or a root.
def linalg_vector_norm(self: Tensor, ord: number, dim: Optional[List[int]], keepdim: bool, dtype: Optional[int]) -> Tensor:
  dims = __torch__.decompositions.all_or(self, dim)
  order = float(ord)
  sizes = torch.abs(self)
  if order == inf:
    return torch.amax(sizes, dims, keepdim)
  if order == -inf:
    return torch.amin(sizes, dims, keepdim)
  if order == 0.:
    return torch.sum(torch.type_as(torch.ne(self, 0), self), dims, keepdim)
  if order == 1.:
    return torch.sum(sizes, dims, keepdim)
  return torch.pow(torch.sum(torch.pow(sizes, order), dims, keepdim), 1. / order)

# No power overflows.
def logsumexp(self: Tensor, dim: List[int], keepdim: bool) -> Tensor:
  powers = torch.exp(torch.sub(self, torch.amax(self, dim, True)))
  sum = torch.log(torch.sum(powers, dim, keepdim))
  return torch.add(sum, torch.amax(self, dim, keepdim))

def nanmean(self: Tensor, dim: Optional[List[int]], keepdim: bool, dtype: Optional[int]) -> Tensor:
  real = torch.logical_not(torch.isnan(self))
  sum = torch.nansum(self, dim, keepdim, dtype=dtype)
  count = torch.type_as(real, self)
  if dtype is not None:
    count = torch.to(count, dtype)
  return torch.div(sum, torch.sum(count, dim, keepdim))

def nansum(self: Tensor, dim: Optional[List[int]], keepdim: bool, dtype: Optional[int]) -> Tensor:
  numbers = torch.masked_fill(self, torch.isnan(self), 0)
  if dtype is not None:
    numbers = torch.to(numbers, dtype)
  return torch.sum(numbers, dim, keepdim)

def norm(self: Tensor, p: Optional[number], dim: List[int], keepdim: bool) -> Tensor:
  if p is None:
    return torch.linalg_vector_norm(self, 2, dim, keepdim)
  return torch.linalg_vector_norm(self, p, dim, keepdim)

def std(self: Tensor, dim: Optional[List[int]]=None, unbiased: bool=True, keepdim: bool=False, correction: Optional[number]=None) -> Tensor:
  less = correction
  if not unbiased:
    less = 0
  return torch.sqrt(torch.var(self, dim, correction=less, keepdim=keepdim))

def std_mean(self: Tensor, dim: Optional[List[int]]=None, unbiased: bool=True, keepdim: bool=False, correction: Optional[number]=None) -> Tuple[Tensor, Tensor]:
  less = correction
  if not unbiased:
    less = 0
  deviation = torch.sqrt(torch.var(self, dim, correction=less, keepdim=keepdim))
  return (deviation, torch.mean(self, dim, keepdim))

def var(self: Tensor, dim: Optional[List[int]]=None, unbiased: bool=True, keepdim: bool=False, correction: Optional[number]=None) -> Tensor:
  dims = __torch__.decompositions.all_or(self, dim)
  centred = torch.sub(self, torch.mean(self, dims, True))
  y = torch.mean(torch.mul(centred, centred), dims, keepdim)
  count = 1.
  for d in dims:
    count = count * float(torch.size(self, d))
  less = 1.
  if correction is not None:
    less = float(correction)
  if not unbiased:
    less = 0.
  if less != 0.:
    y = torch.mul(y, count / max(0., count - less))
  return y

def var_mean(self: Tensor, dim: Optional[List[int]]=None, unbiased: bool=True, keepdim: bool=False, correction: Optional[number]=None) -> Tuple[Tensor, Tensor]:
  less = correction
  if not unbiased:
    less = 0
  variance = torch.var(self, dim, correction=less, keepdim=keepdim)
  return (variance, torch.mean(self, dim, keepdim))

# Comparison Ops

# How many of the boundaries are less, or with right not greater.
def bucketize(self: Tensor, boundaries: Tensor, out_int32: bool, right: bool) -> Tensor:
  if torch.dim(boundaries) != 1:
    ops.prim.RaiseException(torch.format("aten::bucketize by boundaries of shape {}", torch.size(boundaries)), "builtins.NotImplementedError")
  value = torch.unsqueeze(self, -1)
  if right:
    passed = torch.ge(value, boundaries)
  else:
    passed = torch.gt(value, boundaries)
  dtype = 4
  if out_int32:
    dtype = 3
  return torch.to(torch.sum(passed, [-1]), dtype)

def isclose(self: Tensor, other: Tensor, rtol: float, atol: float, equal_nan: bool) -> Tensor:
  if equal_nan:
    ops.prim.RaiseException("aten::isclose with equal_nan", "builtins.NotImplementedError")
  tolerance = torch.add(torch.mul(torch.abs(other), rtol), atol)
  near = torch.le(torch.abs(torch.sub(self, other)), tolerance)
  close = torch.logical_and(near, torch.isfinite(other))
  return torch.logical_or(close, torch.eq(self, other))

def isfinite(self: Tensor) -> Tensor:
  return torch.lt(torch.abs(self), inf)

def isin(elements: Tensor, test_elements: Tensor, assume_unique: bool, invert: bool) -> Tensor:
  tests = torch.reshape(test_elements, [torch.numel(test_elements)])
  found = torch.any(torch.eq(torch.unsqueeze(elements, -1), tests), -1)
  if invert:
    found = torch.logical_not(found)
  return found

def isinf(self: Tensor) -> Tensor:
  return torch.eq(torch.abs(self), inf)

def isnan(self: Tensor) -> Tensor:
  return torch.ne(self, self)

def isneginf(self: Tensor) -> Tensor:
  return torch.eq(torch.neg(self), inf)

def isposinf(self: Tensor) -> Tensor:
  return torch.eq(self, inf)

def searchsorted(sorted_sequence: Tensor, self: Tensor, out_int32: bool, right: bool, side: Optional[str], sorter: Optional[Tensor]) -> Tensor:
  if torch.dim(sorted_sequence) != 1 or sorter is not None:
    ops.prim.RaiseException(torch.format("aten::searchsorted by boundaries of shape {}", torch.size(sorted_sequence)), "builtins.NotImplementedError")
  to_right = right
  if side is not None:
    to_right = to_right or side == "right"
  return torch.bucketize(self, sorted_sequence, out_int32=out_int32, right=to_right)

def sort(self: Tensor, dim: int=-1, descending: bool=False, stable: Optional[bool]=None) -> Tuple[Tensor, Tensor]:
  return torch.topk(self, torch.size(self, dim), dim, descending, True)

# Spectral Ops

def fft_fftshift(self: Tensor, dim: Optional[List[int]]) -> Tensor:
  dims = __torch__.decompositions.all_or(self, dim)
  shifts = annotate(List[int], [])
  for d in dims:
    torch.append(shifts, torch.size(self, d) // 2)
  return torch.roll(self, shifts, dims)

def fft_ifftshift(self: Tensor, dim: Optional[List[int]]) -> Tensor:
  dims = __torch__.decompositions.all_or(self, dim)
  shifts = annotate(List[int], [])
  for d in dims:
    torch.append(shifts, (torch.size(self, d) + 1) // 2)
  return torch.roll(self, shifts, dims)

# Other Operations

# Matrices along the diagonal of a matrix of zeros.
def block_diag(tensors: List[Tensor]) -> Tensor:
  matrices = torch.atleast_2d(tensors)
  width = 0
  for matrix in matrices:
    width = width + torch.size(matrix, 1)
  rows = annotate(List[Tensor], [])
  before = 0
  for matrix in matrices:
    own = torch.size(matrix, 1)
    torch.append(rows, torch.constant_pad_nd(matrix, [before, width - before - own], 0))
    before = before + own
  return torch.cat(rows, 0)

# Each step takes in what lies twice as far before.
def cumprod(self: Tensor, dim: int, dtype: Optional[int]) -> Tensor:
  products = self
  if dtype is not None:
    products = torch.to(self, dtype)
  elif not torch.is_floating_point(self):
    products = torch.to(self, 4)
  axis = dim % torch.dim(self)
  size = torch.size(self, dim)
  step = 1
  while step < size:
    before = torch.slice(products, axis, 0, size - step, 1)
    pad = annotate(List[int], [])
    for d in range(torch.dim(self) - axis - 1):
      pad = pad + [0, 0]
    products = torch.mul(products, torch.constant_pad_nd(before, pad + [step, 0], 1))
    step = step * 2
  return products

def diag(self: Tensor, diagonal: int) -> Tensor:
  if torch.dim(self) == 1:
    return torch.diag_embed(self, diagonal)
  if torch.dim(self) != 2:
    ops.prim.RaiseException(torch.format("aten::diag of a tensor of shape {}", torch.size(self)), "builtins.ValueError")
  return torch.clone(torch.diagonal(self, diagonal))

# Square matrices of zeros but for one diagonal, which is the last dimension.
def diag_embed(self: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
  length = torch.size(self, -1)
  size = length + abs(offset)
  own = torch.unsqueeze(torch.arange(size), -1) - max(0, -offset)
  diagonal = torch.eq(__torch__.decompositions.above_diagonal(size, size), offset)
  places = torch.flatten(torch.where(diagonal, own, length))
  padded = torch.constant_pad_nd(self, [0, 1], 0)
  flat = torch.index_select(padded, -1, places)
  matrices = torch.reshape(flat, torch.slice(torch.size(self), 0, -1) + [size, size])
  return torch.movedim(matrices, [-2, -1], [dim1, dim2])

def diagflat(self: Tensor, offset: int) -> Tensor:
  return torch.diag_embed(torch.flatten(self), offset)

def diff(self: Tensor, n: int, dim: int, prepend: Optional[Tensor], append: Optional[Tensor]) -> Tensor:
  parts = [self]
  if prepend is not None:
    parts = [prepend, self]
  if append is not None:
    torch.append(parts, append)
  y = torch.cat(parts, dim)
  for i in range(n):
    less = torch.size(y, dim) - 1
    later = torch.narrow(y, dim, 1, less)
    y = torch.sub(later, torch.narrow(y, dim, 0, less))
  return y

def fliplr(self: Tensor) -> Tensor:
  return torch.flip(self, [1])

def flipud(self: Tensor) -> Tensor:
  return torch.flip(self, [0])

# [a, b] and [c, d] as [a, 1, b, 1] by [1, c, 1, d].
def kron(self: Tensor, other: Tensor) -> Tensor:
  a = torch.size(self)
  for i in range(torch.dim(other) - torch.dim(self)):
    a = [1] + a
  b = torch.size(other)
  for i in range(torch.dim(self) - torch.dim(other)):
    b = [1] + b
  left = annotate(List[int], [])
  right = annotate(List[int], [])
  shape = annotate(List[int], [])
  for d in range(torch.len(a)):
    left = left + [a[d], 1]
    right = right + [1, b[d]]
    torch.append(shape, a[d] * b[d])
  product = torch.mul(torch.reshape(self, left), torch.reshape(other, right))
  return torch.reshape(product, shape)

def meshgrid(tensors: List[Tensor], indexing: str="ij") -> List[Tensor]:
  swapped = indexing == "xy" and torch.len(tensors) > 1
  grid = annotate(List[int], [])
  for tensor in tensors:
    torch.append(grid, torch.numel(tensor))
  if swapped:
    grid = [grid[1], grid[0]] + grid[2:]
  grids = annotate(List[Tensor], [])
  for i in range(torch.len(tensors)):
    axis = i
    if swapped and i < 2:
      axis = 1 - i
    line = annotate(List[int], [])
    for d in range(torch.len(grid)):
      if d == axis:
        torch.append(line, grid[d])
      else:
        torch.append(line, 1)
    torch.append(grids, torch.expand(torch.reshape(tensors[i], line), grid))
  return grids

# Each part along a dimension, if it is longer, to the greatest length.
def renorm(self: Tensor, p: number, dim: int, maxnorm: number) -> Tensor:
  torch.size(self, dim) # refuses a dim that self has not
  others = __torch__.decompositions.others(self, dim % torch.dim(self))
  length = torch.linalg_vector_norm(self, p, others, True)
  factor = torch.mul(torch.reciprocal(torch.add(length, 9.9999999999999995e-08)), maxnorm)
  return torch.mul(self, torch.where(torch.gt(length, maxnorm), factor, 1.))

# Of constants.
def roll(self: Tensor, shifts: List[int], dims: List[int]) -> Tensor:
  rolled = self
  for i in range(torch.len(dims)):
    size = torch.size(self, dims[i])
    start = size - shifts[i] % size
    front = torch.slice(rolled, dims[i], start, size, 1)
    rolled = torch.cat([front, torch.slice(rolled, dims[i], 0, start, 1)], dims[i])
  return rolled

def rot90(self: Tensor, k: int, dims: List[int]) -> Tensor:
  if torch.len(dims) != 2:
    ops.prim.RaiseException(torch.format("aten::rot90 in {} dimensions", torch.len(dims)), "builtins.ValueError")
  turns = k % 4
  if turns == 1:
    return torch.transpose(torch.flip(self, [dims[1]]), dims[0], dims[1])
  if turns == 2:
    return torch.flip(self, dims)
  if turns == 3:
    return torch.transpose(torch.flip(self, [dims[0]]), dims[0], dims[1])
  return torch.clone(self)

# The sums over pairs of dimensions: those come last in one matrix and first in the other.
def tensordot(self: Tensor, other: Tensor, dims_self: List[int], dims_other: List[int]) -> Tensor:
  summed = 1
  last = annotate(List[int], [])
  for d in dims_self:
    torch.append(last, d % torch.dim(self))
    summed = summed * torch.size(self, d)
  first = annotate(List[int], [])
  for d in dims_other:
    torch.append(first, d % torch.dim(other))
  shape = annotate(List[int], [])
  of_self = annotate(List[int], [])
  rows = 1
  for d in range(torch.dim(self)):
    if not torch.__contains__(last, d):
      torch.append(of_self, d)
      torch.append(shape, torch.size(self, d))
      rows = rows * torch.size(self, d)
  of_other = annotate(List[int], [])
  columns = 1
  for d in range(torch.dim(other)):
    if not torch.__contains__(first, d):
      torch.append(of_other, d)
      torch.append(shape, torch.size(other, d))
      columns = columns * torch.size(other, d)
  left = torch.reshape(torch.permute(self, of_self + last), [rows, summed])
  right = torch.reshape(torch.permute(other, first + of_other), [summed, columns])
  return torch.reshape(torch.matmul(left, right), shape)

def tril(self: Tensor, diagonal: int) -> Tensor:
  return __torch__.decompositions.triangle(self, diagonal, "aten::tril")

# The rows and the columns of a triangle's elements.
def tril_indices(row: int, col: int, offset: int, dtype: Optional[int], layout: Optional[int], device: Optional[Device], pin_memory: Optional[bool]) -> Tensor:
  return __torch__.decompositions.triangle_indices(row, col, offset, dtype, "aten::tril_indices")

# Zeros beyond the diagonal: above of tril, below of triu.
def triangle(self: Tensor, diagonal: int, operator: str) -> Tensor:
  shape = torch.size(self)
  if torch.len(shape) < 2:
    ops.prim.RaiseException(torch.format("{} of a tensor of shape {}", operator, shape), "builtins.ValueError")
  above = __torch__.decompositions.above_diagonal(shape[-2], shape[-1])
  if operator == "aten::tril":
    beyond = torch.gt(above, diagonal)
  else:
    beyond = torch.lt(above, diagonal)
  return torch.masked_fill(self, beyond, 0)

def triangle_indices(row: int, col: int, offset: int, dtype: Optional[int], operator: str) -> Tensor:
  if row < 0 or col < 0:
    ops.prim.RaiseException(torch.format("{} of {} rows and {} columns", operator, row, col), "builtins.ValueError")
  above = __torch__.decompositions.above_diagonal(row, col)
  if operator == "aten::tril_indices":
    inside = torch.le(above, offset)
  else:
    inside = torch.ge(above, offset)
  indices = torch.stack(torch.where(inside), 0)
  if dtype is not None:
    indices = torch.to(indices, dtype)
  return indices

def triu(self: Tensor, diagonal: int) -> Tensor:
  return __torch__.decompositions.triangle(self, diagonal, "aten::triu")

def triu_indices(row: int, col: int, offset: int, dtype: Optional[int], layout: Optional[int], device: Optional[Device], pin_memory: Optional[bool]) -> Tensor:
  return __torch__.decompositions.triangle_indices(row, col, offset, dtype, "aten::triu_indices")

# BLAS and LAPACK Operations

def addmv(self: Tensor, mat: Tensor, vec: Tensor, beta: number, alpha: number) -> Tensor:
  product = torch.mv(mat, vec)
  return torch.add(torch.mul(self, beta), torch.mul(product, alpha))

def addr(self: Tensor, vec1: Tensor, vec2: Tensor, beta: number, alpha: number) -> Tensor:
  product = torch.outer(vec1, vec2)
  return torch.add(torch.mul(self, beta), torch.mul(product, alpha))

def bmm(self: Tensor, mat2: Tensor) -> Tensor:
  return torch.matmul(self, mat2)

def chain_matmul(matrices: List[Tensor]) -> Tensor:
  return torch.linalg_multi_dot(matrices)

def dot(self: Tensor, tensor: Tensor) -> Tensor:
  return torch.sum(torch.mul(self, tensor))

# Over the last dimensions of both.
def inner(self: Tensor, other: Tensor) -> Tensor:
  if torch.dim(self) == 0 or torch.dim(other) == 0:
    return torch.mul(self, other)
  return torch.tensordot(self, other, [torch.dim(self) - 1], [torch.dim(other) - 1])

# By squaring.
def matrix_power(self: Tensor, n: int) -> Tensor:
  if n < 1:
    ops.prim.RaiseException(torch.format("aten::matrix_power to the power {}; from 1 on is supported", n), "builtins.NotImplementedError")
  square = self
  product = self
  begun = False
  remaining = n
  while remaining > 0:
    if remaining % 2 == 1:
      if begun:
        product = torch.matmul(product, square)
      else:
        product = square
      begun = True
    if remaining > 1:
      square = torch.matmul(square, square)
    remaining = remaining // 2
  return product

def mm(self: Tensor, mat2: Tensor) -> Tensor:
  return torch.matmul(self, mat2)

def mv(self: Tensor, vec: Tensor) -> Tensor:
  return torch.matmul(self, vec)

def outer(self: Tensor, vec2: Tensor) -> Tensor:
  return torch.mul(torch.unsqueeze(self, -1), vec2)

def vdot(self: Tensor, other: Tensor) -> Tensor:
  return torch.dot(self, other)

# torch.linalg

# a[1] b[2] - a[2] b[1] and so on, all three at once.
def linalg_cross(self: Tensor, other: Tensor, dim: int) -> Tensor:
  both = torch.broadcast_tensors([self, other])
  a = both[0]
  b = both[1]
  if torch.size(a, dim) != 3:
    ops.prim.RaiseException(torch.format("aten::linalg_cross of tensors of shape {}", torch.size(a)), "builtins.ValueError")
  forth = torch.mul(torch.roll(a, [-1], [dim]), torch.roll(b, [-2], [dim]))
  back = torch.mul(torch.roll(a, [-2], [dim]), torch.roll(b, [-1], [dim]))
  return torch.sub(forth, back)

# The greatest, or the least, sum of a column or a row; or the length of all elements.
def linalg_matrix_norm(self: Tensor, ord: number, dim: List[int], keepdim: bool, dtype: Optional[int]) -> Tensor:
  x = self
  if dtype is not None:
    x = torch.to(self, dtype)
  if torch.len(dim) != 2:
    ops.prim.RaiseException(torch.format("aten::linalg_matrix_norm over {} dimensions", torch.len(dim)), "builtins.ValueError")
  order = 0.
  if isinstance(ord, str):
    if ord == "fro":
      return torch.linalg_vector_norm(x, 2, dim, keepdim)
  else:
    order = float(ord)
  columns = order == 1. or order == -1.
  if not columns and order != inf and order != -inf:
    ops.prim.RaiseException(torch.format("aten::linalg_matrix_norm of the order {}, which takes singular values; \"fro\", 1, -1, inf and -inf are supported", ord), "builtins.NotImplementedError")
  summed = dim[1]
  compared = dim[0]
  if columns:
    summed = dim[0]
    compared = dim[1]
  sums = torch.sum(torch.abs(x), [summed], True)
  if order > 0.:
    y = torch.amax(sums, [compared], True)
  else:
    y = torch.amin(sums, [compared], True)
  if not keepdim:
    y = torch.squeeze(y, dim)
  return y

def linalg_matrix_power(self: Tensor, n: int) -> Tensor:
  return torch.matrix_power(self, n)

def linalg_multi_dot(tensors: List[Tensor]) -> Tensor:
  if torch.len(tensors) == 0:
    ops.prim.RaiseException("aten::linalg_multi_dot of no matrices", "builtins.ValueError")
  product = tensors[0]
  for i in range(1, torch.len(tensors)):
    product = torch.matmul(product, tensors[i])
  return product

# Of matrices where two dimensions and an order are given, or a matrix; else of vectors.
def linalg_norm(self: Tensor, ord: Optional[number], dim: Optional[List[int]], keepdim: bool, dtype: Optional[int]) -> Tensor:
  x = self
  if dtype is not None:
    x = torch.to(self, dtype)
  dims = [-2, -1]
  two = torch.dim(self) == 2
  if dim is not None:
    dims = dim
    two = torch.len(dims) == 2
  if ord is None:
    return torch.linalg_vector_norm(x, 2, dim, keepdim)
  if two:
    return torch.linalg_matrix_norm(x, ord, dims, keepdim)
  return torch.linalg_vector_norm(x, ord, dim, keepdim)

def linalg_vecdot(x: Tensor, y: Tensor, dim: int) -> Tensor:
  return torch.sum(torch.mul(x, y), [dim])

# Convolution functions

def _convolution(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: List[int], dilation: List[int], transposed: bool, output_padding: List[int], groups: int, benchmark: bool, deterministic: bool, cudnn_enabled: bool, allow_tf32: bool=False) -> Tensor:
  return torch.convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)

# What traces record of padding="same".
def _convolution_mode(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: str, dilation: List[int], groups: int) -> Tensor:
  rank = torch.dim(weight)
  if rank == 3:
    return torch.conv1d(input, weight, bias, stride, padding, dilation, groups)
  if rank == 4:
    return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
  if rank != 5:
    ops.prim.RaiseException(torch.format("a convolution with a weight of {} dimensions", rank), "builtins.NotImplementedError")
  return torch.conv3d(input, weight, bias, stride, padding, dilation, groups)

# [N, C kH kW, windows] -> [N, C, H, W], windows added up where they overlap: the transposed
# convolution that puts each element in its place.
def col2im(self: Tensor, output_size: List[int], kernel_size: List[int], dilation: List[int], padding: List[int], stride: List[int]) -> Tensor:
  if torch.dim(self) != 3:
    ops.prim.RaiseException(torch.format("aten::col2im of a tensor of shape {}", torch.size(self)), "builtins.NotImplementedError")
  n, columns, count = torch.size(self)
  grid = annotate(List[int], [])
  extra = annotate(List[int], [])
  for i in range(2):
    padded = output_size[i] + 2 * padding[i]
    span = dilation[i] * (kernel_size[i] - 1) + 1
    torch.append(grid, __torch__.decompositions.windows(padded, span, stride[i]))
    torch.append(extra, (padded - span) % stride[i])
  image = torch.reshape(self, [n, columns] + grid)
  each = kernel_size[0] * kernel_size[1]
  places = torch.repeat(torch.eye(each, dtype=ops.prim.dtype(self)), [columns // each, 1])
  weight = torch.reshape(places, [columns, 1] + kernel_size)
  return torch.conv_transpose2d(image, weight, None, stride, padding, extra, columns // each, dilation)

def conv1d(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: List[int], dilation: List[int], groups: int) -> Tensor:
  w = torch.unsqueeze(weight, 2)
  x = __torch__.decompositions.image_of(input, "aten::conv1d")
  if isinstance(padding, str):
    y = torch.conv2d(x, w, bias, [1, stride[0]], padding, [1, dilation[0]], groups)
  else:
    y = torch.conv2d(x, w, bias, [1, stride[0]], [0, padding[0]], [1, dilation[0]], groups)
  return torch.squeeze(y, 2)

# Where the padding has a name.
def conv2d(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: str, dilation: List[int], groups: int) -> Tensor:
  x, halves = __torch__.decompositions.padded_as(input, weight, padding, dilation)
  return torch.conv2d(x, weight, bias, stride, halves, dilation, groups)

def conv3d(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: str, dilation: List[int], groups: int) -> Tensor:
  x, halves = __torch__.decompositions.padded_as(input, weight, padding, dilation)
  return torch.conv3d(x, weight, bias, stride, halves, dilation, groups)

# What traces record: a convolution of any rank, transposed or not.
def convolution(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: List[int], dilation: List[int], transposed: bool, output_padding: List[int], groups: int) -> Tensor:
  rank = torch.dim(weight)
  if rank < 3 or rank > 5:
    ops.prim.RaiseException(torch.format("a convolution with a weight of {} dimensions", rank), "builtins.NotImplementedError")
  if transposed:
    if rank == 3:
      return torch.conv_transpose1d(input, weight, bias, stride, padding, output_padding, groups, dilation)
    if rank == 4:
      return torch.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return torch.conv_transpose3d(input, weight, bias, stride, padding, output_padding, groups, dilation)
  if rank == 3:
    return torch.conv1d(input, weight, bias, stride, padding, dilation, groups)
  if rank == 4:
    return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
  return torch.conv3d(input, weight, bias, stride, padding, dilation, groups)

def conv_transpose1d(input: Tensor, weight: Tensor, bias: Optional[Tensor], stride: List[int], padding: List[int], output_padding: List[int], groups: int, dilation: List[int]) -> Tensor:
  w = torch.unsqueeze(weight, 2)
  x = __torch__.decompositions.image_of(input, "aten::conv_transpose1d")
  y = torch.conv_transpose2d(x, w, bias, [1, stride[0]], [0, padding[0]], [0, output_padding[0]], groups, [1, dilation[0]])
  return torch.squeeze(y, 2)

# [N, C, H, W] -> [N, C kH kW, windows].
def im2col(self: Tensor, kernel_size: List[int], dilation: List[int], padding: List[int], stride: List[int]) -> Tensor:
  n, c, h, w = __torch__.decompositions.image_size(self, "aten::im2col")
  high = padding[0]
  wide = padding[1]
  padded = torch.constant_pad_nd(self, [wide, wide, high, high], 0)
  down = __torch__.decompositions.taps(torch.size(padded, 2), kernel_size[0], dilation[0], stride[0])
  across = __torch__.decompositions.taps(torch.size(padded, 3), kernel_size[1], dilation[1], stride[1])
  rows = torch.index(padded, annotate(List[Optional[Tensor]], [None, None, down]))
  both = torch.index(rows, annotate(List[Optional[Tensor]], [None, None, None, None, across]))
  ordered = torch.permute(both, [0, 1, 2, 4, 3, 5])
  return torch.reshape(ordered, [n, c * (kernel_size[0] * kernel_size[1]), torch.size(both, 3) * torch.size(both, 5)])

# padding="same": half of it at each end, and of an odd number one more at the last.
def padded_as(input: Tensor, weight: Tensor, padding: str, dilation: List[int]) -> Tuple[Tensor, List[int]]:
  halves = annotate(List[int], [])
  pads = annotate(List[int], [])
  even = True
  for i in range(torch.len(dilation)):
    total = 0
    if padding == "same":
      total = dilation[i] * (torch.size(weight, i + 2) - 1)
    half = total // 2
    torch.append(halves, half)
    pads = [half, total - half] + pads
    even = even and total % 2 == 0
  if even:
    return (input, halves)
  return (torch.constant_pad_nd(input, pads, 0), [0] * torch.len(dilation))

# Where the elements of an axis's windows are, [kernel, windows].
def taps(size: int, kernel: int, dilation: int, stride: int) -> Tensor:
  count = __torch__.decompositions.windows(size, dilation * (kernel - 1) + 1, stride)
  first = torch.unsqueeze(torch.mul(torch.arange(kernel), dilation), -1)
  return torch.add(first, torch.mul(torch.arange(count), stride))

def windows(size: int, span: int, stride: int) -> int:
  count = (size - span) // stride + 1
  if count < 1:
    ops.prim.RaiseException(torch.format("a window of {} does not fit into {}: is the input too small?", span, size), "builtins.ValueError")
  return count

# Pooling functions

def adaptive_avg_pool1d(self: Tensor, output_size: List[int]) -> Tensor:
  x = __torch__.decompositions.image_of(self, "aten::adaptive_avg_pool1d")
  return torch.squeeze(torch.adaptive_avg_pool2d(x, [1, output_size[0]]), 2)

# Windows are boxes, so that means are means of means, and maxima maxima of maxima.
def adaptive_avg_pool3d(self: Tensor, output_size: List[int]) -> Tensor:
  x = __torch__.decompositions.images_of(self, "aten::adaptive_avg_pool3d")
  images = torch.adaptive_avg_pool2d(x, output_size[1:])
  columns = __torch__.decompositions.columns_of(images, self)
  deep = torch.adaptive_avg_pool2d(columns, [output_size[0], torch.size(columns, 3)])
  return __torch__.decompositions.volume_of(deep, images)

def adaptive_max_pool1d(self: Tensor, output_size: List[int]) -> Tuple[Tensor, Tensor]:
  x = __torch__.decompositions.image_of(self, "aten::adaptive_max_pool1d")
  values, indices = torch.adaptive_max_pool2d(x, [1, output_size[0]])
  value = torch.squeeze(values, 2)
  return (value, torch.squeeze(indices, 2))

# The values; where they were is not supported.
def adaptive_max_pool3d(self: Tensor, output_size: List[int]) -> Tuple[Tensor, Tensor]:
  x = __torch__.decompositions.images_of(self, "aten::adaptive_max_pool3d")
  images, places = torch.adaptive_max_pool2d(x, output_size[1:])
  columns = __torch__.decompositions.columns_of(images, self)
  deep, depths = torch.adaptive_max_pool2d(columns, [output_size[0], torch.size(columns, 3)])
  return (__torch__.decompositions.volume_of(deep, images), uninitialized(Tensor))

def avg_pool1d(self: Tensor, kernel_size: List[int], stride: List[int], padding: List[int], ceil_mode: bool, count_include_pad: bool) -> Tensor:
  x = __torch__.decompositions.image_of(self, "aten::avg_pool1d")
  y = torch.avg_pool2d(x, [1, kernel_size[0]], __torch__.decompositions.stride_of(stride), [0, padding[0]], ceil_mode, count_include_pad)
  return torch.squeeze(y, 2)

def avg_pool3d(self: Tensor, kernel_size: List[int], stride: List[int], padding: List[int], ceil_mode: bool, count_include_pad: bool, divisor_override: Optional[int]) -> Tensor:
  padded = padding != [0, 0, 0] and not count_include_pad
  if padded or ceil_mode or divisor_override is not None:
    ops.prim.RaiseException("aten::avg_pool3d with ceil_mode, a divisor or padding that does not count", "builtins.NotImplementedError")
  steps = __torch__.decompositions.stride_or(stride, kernel_size)
  x = __torch__.decompositions.images_of(self, "aten::avg_pool3d")
  images = torch.avg_pool2d(x, kernel_size[1:], steps[1:], padding[1:])
  columns = __torch__.decompositions.columns_of(images, self)
  deep = torch.avg_pool2d(columns, [kernel_size[0], 1], [steps[0], 1], [padding[0], 0])
  return __torch__.decompositions.volume_of(deep, images)

def max_pool1d(self: Tensor, kernel_size: List[int], stride: List[int], padding: List[int], dilation: List[int], ceil_mode: bool) -> Tensor:
  x = __torch__.decompositions.image_of(self, "aten::max_pool1d")
  y = torch.max_pool2d(x, [1, kernel_size[0]], __torch__.decompositions.stride_of(stride), [0, padding[0]], [1, dilation[0]], ceil_mode)
  return torch.squeeze(y, 2)

def max_pool1d_with_indices(self: Tensor, kernel_size: List[int], stride: List[int], padding: List[int], dilation: List[int], ceil_mode: bool) -> Tuple[Tensor, Tensor]:
  x = __torch__.decompositions.image_of(self, "aten::max_pool1d_with_indices")
  values, indices = torch.max_pool2d_with_indices(x, [1, kernel_size[0]], __torch__.decompositions.stride_of(stride), [0, padding[0]], [1, dilation[0]], ceil_mode)
  value = torch.squeeze(values, 2)
  return (value, torch.squeeze(indices, 2))

def max_pool3d(self: Tensor, kernel_size: List[int], stride: List[int], padding: List[int], dilation: List[int], ceil_mode: bool) -> Tensor:
  steps = __torch__.decompositions.stride_or(stride, kernel_size)
  x = __torch__.decompositions.images_of(self, "aten::max_pool3d")
  images = torch.max_pool2d(x, kernel_size[1:], steps[1:], padding[1:], dilation[1:], ceil_mode)
  columns = __torch__.decompositions.columns_of(images, self)
  deep = torch.max_pool2d(columns, [kernel_size[0], 1], [steps[0], 1], [padding[0], 0], [dilation[0], 1], ceil_mode)
  return __torch__.decompositions.volume_of(deep, images)

def max_unpool2d(self: Tensor, indices: Tensor, output_size: List[int]) -> Tensor:
  n, c, h, w = __torch__.decompositions.image_size(self, "aten::max_unpool2d")
  zeros = torch.full([n, c, output_size[0] * output_size[1]], 0, dtype=ops.prim.dtype(self))
  places = torch.flatten(indices, 2)
  image = torch.scatter(zeros, 2, places, torch.flatten(self, 2))
  return torch.reshape(image, [n, c] + output_size)

# Attention mechanisms (aten/src/ATen/native/transformers/attention.cpp, transformer.cpp)

# softmax(q k^T / sqrt(d) + mask) v; q and k each take the root of the scale.
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Optional[Tensor], dropout_p: float, is_causal: bool, scale: Optional[float], enable_gqa: bool) -> Tensor:
  if dropout_p > 0. or enable_gqa:
    ops.prim.RaiseException("attention with dropout or grouped queries", "builtins.NotImplementedError")
  factor = 1. / torch.sqrt(float(torch.size(query, -1)))
  if scale is not None:
    factor = scale
  root = torch.sqrt(factor)
  q = torch.mul(query, root)
  k = torch.mul(torch.transpose(key, -2, -1), root)
  scores = torch.matmul(q, k)
  if is_causal:
    size = [torch.size(query, -2), torch.size(key, -2)]
    causal = torch.triu(torch.full(size, -inf, dtype=ops.prim.dtype(query)), 1)
    scores = torch.add(scores, causal)
  elif attn_mask is not None:
    if ops.prim.dtype(attn_mask) == 11:
      scores = torch.masked_fill(scores, torch.logical_not(attn_mask), -inf)
    else:
      scores = torch.add(scores, attn_mask)
  return torch.matmul(torch.softmax(scores, -1), value)

# Self-attention of [N, tokens, width]; its weights are [N, heads, tokens, tokens]. A mask is true,
# or as a number other than 0, where nothing is attended to; of mask_type 1 it is [N, tokens].
def self_attention(input: Tensor, num_heads: int, qkv_weight: Tensor, qkv_bias: Tensor, proj_weight: Tensor, proj_bias: Tensor, mask: Optional[Tensor], mask_type: Optional[int]) -> Tuple[Tensor, Tensor]:
  n, tokens, width = torch.size(input)
  each = width // num_heads
  qkv = torch.linear(input, qkv_weight, qkv_bias)
  apart = torch.reshape(qkv, [n, tokens, 3, num_heads, each])
  ordered = torch.permute(apart, [2, 0, 3, 1, 4])
  q = torch.select(ordered, 0, 0)
  k = torch.select(ordered, 0, 1)
  v = torch.select(ordered, 0, 2)
  scaled = torch.mul(q, 1. / torch.sqrt(float(each)))
  scores = torch.matmul(scaled, torch.transpose(k, -2, -1))
  if mask is not None:
    hidden = __torch__.decompositions.truths(mask)
    if mask_type is not None:
      if mask_type == 1:
        hidden = torch.unsqueeze(torch.unsqueeze(hidden, 1), 1)
    scores = torch.masked_fill(scores, hidden, -inf)
  weights = torch.softmax(scores, -1)
  back = torch.permute(torch.matmul(weights, v), [0, 2, 1, 3])
  joined = torch.reshape(back, [n, tokens, width])
  return (torch.linear(joined, proj_weight, proj_bias), weights)

def _native_multi_head_attention(query: Tensor, key: Tensor, value: Tensor, embed_dim: int, num_head: int, qkv_weight: Tensor, qkv_bias: Tensor, proj_weight: Tensor, proj_bias: Tensor, mask: Optional[Tensor], need_weights: bool, average_attn_weights: bool, mask_type: Optional[int]) -> Tuple[Tensor, Optional[Tensor]]:
  if not (query is key and key is value):
    ops.prim.RaiseException("aten::_native_multi_head_attention of several tensors", "builtins.NotImplementedError")
  output, weights = __torch__.decompositions.self_attention(query, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, mask_type)
  if not need_weights:
    return (output, None)
  if average_attn_weights:
    weights = torch.mean(weights, [1])
  return (output, weights)

def _transformer_encoder_layer_fwd(src: Tensor, embed_dim: int, num_heads: int, qkv_weight: Tensor, qkv_bias: Tensor, proj_weight: Tensor, proj_bias: Tensor, use_gelu: bool, norm_first: bool, eps: float, norm_weight_1: Tensor, norm_bias_1: Tensor, norm_weight_2: Tensor, norm_bias_2: Tensor, ffn_weight_1: Tensor, ffn_bias_1: Tensor, ffn_weight_2: Tensor, ffn_bias_2: Tensor, mask: Optional[Tensor], mask_type: Optional[int]) -> Tensor:
  width = [torch.size(src, -1)]
  x = src
  if norm_first:
    x = torch.layer_norm(src, width, norm_weight_1, norm_bias_1, eps)
  attended, weights = __torch__.decompositions.self_attention(x, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, mask_type)
  x = torch.add(src, attended)
  if not norm_first:
    x = torch.layer_norm(x, width, norm_weight_1, norm_bias_1, eps)
  hidden = x
  if norm_first:
    hidden = torch.layer_norm(x, width, norm_weight_2, norm_bias_2, eps)
  hidden = torch.linear(hidden, ffn_weight_1, ffn_bias_1)
  if use_gelu:
    hidden = torch.gelu(hidden)
  else:
    hidden = torch.relu(hidden)
  y = torch.add(x, torch.linear(hidden, ffn_weight_2, ffn_bias_2))
  if not norm_first:
    y = torch.layer_norm(y, width, norm_weight_2, norm_bias_2, eps)
  return y

# Non-linear activation functions, by the formulas of torch.nn.functional

def _log_softmax(self: Tensor, dim: int, half_to_float: bool) -> Tensor:
  return torch.log_softmax(self, dim)

def _softmax(self: Tensor, dim: int, half_to_float: bool) -> Tensor:
  return torch.softmax(self, dim)

def celu(self: Tensor, alpha: number) -> Tensor:
  return torch.elu(self, alpha, 1, 1. / float(alpha))

# x > 0 ? scale x : scale alpha (exp(input_scale x) - 1).
def elu(self: Tensor, alpha: number, scale: number, input_scale: number) -> Tensor:
  positive = torch.clamp_min(self, 0)
  less = torch.expm1(torch.mul(torch.clamp_max(self, 0), float(input_scale)))
  below = torch.mul(less, float(scale) * float(alpha))
  return torch.add(torch.mul(positive, float(scale)), below)

def glu(self: Tensor, dim: int) -> Tensor:
  halves = torch.chunk(self, 2, dim)
  gate = torch.sigmoid(halves[1])
  return torch.mul(halves[0], gate)

def hardshrink(self: Tensor, lambd: number) -> Tensor:
  return torch.masked_fill(self, torch.le(torch.abs(self), lambd), 0)

def log_sigmoid(self: Tensor) -> Tensor:
  return torch.neg(torch.softplus(torch.neg(self)))

def relu6(self: Tensor) -> Tensor:
  return torch.hardtanh(self, 0, 6)

# In inference the slope is the middle of those that training draws.
def rrelu(self: Tensor, lower: number, upper: number, training: bool) -> Tensor:
  if training:
    ops.prim.RaiseException("aten::rrelu in training mode: its result is random", "builtins.NotImplementedError")
  return torch.leaky_relu(self, (float(lower) + float(upper)) / 2.)

def selu(self: Tensor) -> Tensor:
  return torch.elu(self, 1.6732632423543772, 1.0507009873554805)

def softshrink(self: Tensor, lambd: number) -> Tensor:
  return torch.sub(self, torch.clamp(self, -float(lambd), lambd))

def threshold(self: Tensor, threshold: number, value: number) -> Tensor:
  return torch.masked_fill(self, torch.le(self, threshold), value)

# Normalization functions

# v g / |v|, a length for each index of dim; -1 is one length for all.
def _weight_norm(v: Tensor, g: Tensor, dim: int) -> Tensor:
  length = torch.linalg_vector_norm(v, 2, __torch__.decompositions.others(v, dim), True)
  return torch.mul(v, torch.div(g, length))

# Each channel of each sample by itself: a group norm of groups of one channel.
def instance_norm(input: Tensor, weight: Optional[Tensor], bias: Optional[Tensor], running_mean: Optional[Tensor], running_var: Optional[Tensor], use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool) -> Tensor:
  if use_input_stats:
    return torch.group_norm(input, torch.size(input, 1), weight, bias, eps, True)
  return torch.batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps, True)

# Without an eps it is that of float32, torch.finfo(torch.float32).eps.
def rms_norm(input: Tensor, normalized_shape: List[int], weight: Optional[Tensor], eps: Optional[float]) -> Tensor:
  shape = torch.size(input)
  outer = torch.len(shape) - torch.len(normalized_shape)
  if outer < 0 or shape[outer:] != normalized_shape:
    ops.prim.RaiseException(torch.format("rms_norm over {} of a tensor of shape {}", normalized_shape, shape), "builtins.ValueError")
  dims = annotate(List[int], [])
  for d in range(outer, torch.len(shape)):
    torch.append(dims, d)
  epsilon = 1.1920928955078125e-07
  if eps is not None:
    epsilon = eps
  squares = torch.mean(torch.mul(input, input), dims, True)
  y = torch.mul(input, torch.rsqrt(torch.add(squares, epsilon)))
  if weight is not None:
    y = torch.mul(y, weight)
  return y

# Sparse functions

def embedding(weight: Tensor, indices: Tensor, padding_idx: int, scale_grad_by_freq: bool, sparse: bool) -> Tensor:
  return torch.index(weight, annotate(List[Optional[Tensor]], [indices]))

def one_hot(self: Tensor, num_classes: int) -> Tensor:
  if num_classes < 1:
    ops.prim.RaiseException(torch.format("aten::one_hot of {} classes: their number would depend on the data", num_classes), "builtins.NotImplementedError")
  last = torch.unsqueeze(self, -1)
  return torch.to(torch.eq(last, torch.arange(num_classes)), 4)

# Dropout functions, which do nothing in inference

def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
  return __torch__.decompositions.inferred(input, p, train, "aten::alpha_dropout")

def dropout(input: Tensor, p: float, train: bool) -> Tensor:
  return __torch__.decompositions.inferred(input, p, train, "aten::dropout")

def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
  return __torch__.decompositions.inferred(input, p, train, "aten::feature_alpha_dropout")

def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
  return __torch__.decompositions.inferred(input, p, train, "aten::feature_dropout")

def inferred(input: Tensor, p: float, train: bool, operator: str) -> Tensor:
  if train and p > 0.:
    ops.prim.RaiseException(operator + " that is active in eval mode: its result is random", "builtins.NotImplementedError")
  return input

# Distance functions

# [.., P, M] and [.., R, M] to [.., P, R].
def cdist(x1: Tensor, x2: Tensor, p: float, compute_mode: Optional[int]) -> Tensor:
  rows = torch.unsqueeze(x1, -2)
  differences = torch.sub(rows, torch.unsqueeze(x2, -3))
  return torch.linalg_vector_norm(differences, p, [-1], False)

def cosine_similarity(x1: Tensor, x2: Tensor, dim: int, eps: float) -> Tensor:
  along = dim
  if dim >= 0:
    along = dim - max(torch.dim(x1), torch.dim(x2))
  first = torch.div(x1, torch.clamp_min(torch.linalg_vector_norm(x1, 2, [along], True), eps))
  second = torch.div(x2, torch.clamp_min(torch.linalg_vector_norm(x2, 2, [along], True), eps))
  return torch.sum(torch.mul(first, second), [along], False)

def pairwise_distance(x1: Tensor, x2: Tensor, p: float, eps: float, keepdim: bool) -> Tensor:
  apart = torch.add(torch.sub(x1, x2), eps)
  return torch.linalg_vector_norm(apart, p, [-1], keepdim)

# Linear functions

# y[o] = x1 W[o] x2 + b[o], W: [O, I, J].
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if torch.dim(weight) != 3 or torch.dim(input1) == 0:
    ops.prim.RaiseException(torch.format("bilinear of a tensor of shape {} with a weight of {}", torch.size(input1), torch.size(weight)), "builtins.ValueError")
  o = torch.size(weight, 0)
  i = torch.size(weight, 1)
  j = torch.size(weight, 2)
  table = torch.reshape(torch.permute(weight, [1, 0, 2]), [i, o * j])
  product = torch.matmul(input1, table)
  column = torch.unsqueeze(input2, -1)
  rows = torch.slice(torch.size(input1), 0, -1) + [o, j]
  y = torch.squeeze(torch.matmul(torch.reshape(product, rows), column), -1)
  if bias is not None:
    y = torch.add(y, bias)
  return y

# Vision functions

# Where each pixel's place (x, y, 1), from -1 to 1, goes by the matrices theta [N, 2, 3]: [N, H, W, 2].
def affine_grid_generator(theta: Tensor, size: List[int], align_corners: bool) -> Tensor:
  n, c, h, w = size
  rows = __torch__.decompositions.centres(h, align_corners)
  ys, xs = torch.meshgrid([rows, __torch__.decompositions.centres(w, align_corners)])
  places = torch.flatten(torch.stack([xs, ys, torch.ones_like(ys)], -1), 0, 1)
  turned = torch.matmul(places, torch.transpose(theta, 1, 2))
  return torch.view(turned, [n, h, w, 2])

# Pixels' centres along an axis, or with align_corners their places between the ends.
def centres(count: int, align_corners: bool) -> Tensor:
  if count < 1:
    ops.prim.RaiseException(torch.format("aten::affine_grid_generator for a side of {} pixels", count), "builtins.ValueError")
  if count == 1:
    return torch.zeros([1])
  ends = torch.linspace(-1, 1, count)
  if align_corners:
    return ends
  return torch.div(torch.mul(ends, count - 1), count)

def channel_shuffle(self: Tensor, groups: int) -> Tensor:
  n, c, h, w = __torch__.decompositions.image_size(self, "aten::channel_shuffle")
  apart = torch.reshape(self, [n, groups, c // groups, h, w])
  return torch.reshape(torch.permute(apart, [0, 2, 1, 3, 4]), [n, c, h, w])

def grid_sampler_2d(input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Tensor:
  return torch.grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)

# By constants, or before the first element the last one, and behind the last the first. To mirror
# an edge, or repeat it, is an operator of its own.
def pad(self: Tensor, pad: List[int], mode: str, value: Optional[float]) -> Tensor:
  if mode == "constant":
    if value is None:
      return torch.constant_pad_nd(self, pad, 0)
    return torch.constant_pad_nd(self, pad, value)
  if torch.len(pad) % 2 != 0 or torch.len(pad) // 2 > torch.dim(self):
    ops.prim.RaiseException(torch.format("padding {} of a tensor of shape {}", pad, torch.size(self)), "builtins.ValueError")
  padded = self
  for i in range(torch.len(pad) // 2):
    dim = torch.dim(self) - 1 - i
    size = torch.size(self, dim)
    before = pad[2 * i]
    after = pad[2 * i + 1]
    if before < 0 or after < 0 or before > size or after > size:
      ops.prim.RaiseException(torch.format("circular padding of {} and {} of a size of {}", before, after, size), "builtins.ValueError")
    last = torch.slice(padded, dim, size - before, size, 1)
    first = torch.slice(padded, dim, 0, after, 1)
    padded = torch.cat([last, padded, first], dim)
  return padded

def pixel_shuffle(self: Tensor, upscale_factor: int) -> Tensor:
  n, c, h, w = __torch__.decompositions.image_size(self, "aten::pixel_shuffle")
  r = upscale_factor
  apart = torch.reshape(self, [n, c // (r * r), r, r, h, w])
  return torch.reshape(torch.permute(apart, [0, 1, 4, 2, 5, 3]), [n, c // (r * r), h * r, w * r])

def pixel_unshuffle(self: Tensor, downscale_factor: int) -> Tensor:
  n, c, h, w = __torch__.decompositions.image_size(self, "aten::pixel_unshuffle")
  r = downscale_factor
  apart = torch.reshape(self, [n, c, h // r, r, w // r, r])
  return torch.reshape(torch.permute(apart, [0, 1, 3, 5, 2, 4]), [n, c * (r * r), h // r, w // r])

def reflection_pad1d(self: Tensor, padding: List[int]) -> Tensor:
  return torch.pad(self, padding, "reflect")

def reflection_pad2d(self: Tensor, padding: List[int]) -> Tensor:
  return torch.pad(self, padding, "reflect")

def replication_pad1d(self: Tensor, padding: List[int]) -> Tensor:
  return torch.pad(self, padding, "replicate")

def replication_pad2d(self: Tensor, padding: List[int]) -> Tensor:
  return torch.pad(self, padding, "replicate")

# Interpolation, of sequences and volumes by that of images

# Those of an overload with one for each dimension, or with all in a list.
def factors_or(scales: List[Optional[float]], scale_factors: Optional[List[float]]) -> List[Optional[float]]:
  if scale_factors is None:
    return scales
  factors = annotate(List[Optional[float]], [])
  for factor in scale_factors:
    torch.append(factors, factor)
  return factors

# Of the one row, and of the columns.
def factors_of_sequence(scales: Optional[float], scale_factors: Optional[List[float]]) -> Tuple[Optional[float], Optional[float]]:
  if scale_factors is None:
    return (None, scales)
  return (1., scale_factors[0])

# Of columns, which stay as wide as they are.
def one_beside(factor: Optional[float]) -> Optional[float]:
  if factor is None:
    return None
  return 1.

def _upsample_nearest_exact1d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, scales: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  sequence = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.image_of(sequence, "aten::_upsample_nearest_exact1d")
  size = [1] + __torch__.decompositions.sizes_or(sequence, output_size, scale_factors)
  high, wide = __torch__.decompositions.factors_of_sequence(scales, scale_factors)
  return torch.squeeze(torch._upsample_nearest_exact2d(x, size, high, wide), 2)

def _upsample_nearest_exact3d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, scales_d: Optional[float]=None, scales_h: Optional[float]=None, scales_w: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  volume = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.images_of(volume, "aten::_upsample_nearest_exact3d")
  size = __torch__.decompositions.sizes_or(volume, output_size, scale_factors)
  deep, high, wide = __torch__.decompositions.factors_or([scales_d, scales_h, scales_w], scale_factors)
  images = torch._upsample_nearest_exact2d(x, size[1:], high, wide)
  columns = __torch__.decompositions.columns_of(images, volume)
  along = [size[0], torch.size(columns, 3)]
  y = torch._upsample_nearest_exact2d(columns, along, deep, __torch__.decompositions.one_beside(deep))
  return __torch__.decompositions.volume_of(y, images)

def upsample_linear1d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, align_corners: bool=False, scales: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  sequence = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.image_of(sequence, "aten::upsample_linear1d")
  size = [1] + __torch__.decompositions.sizes_or(sequence, output_size, scale_factors)
  high, wide = __torch__.decompositions.factors_of_sequence(scales, scale_factors)
  return torch.squeeze(torch.upsample_bilinear2d(x, size, align_corners, high, wide), 2)

def upsample_nearest1d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, scales: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  sequence = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.image_of(sequence, "aten::upsample_nearest1d")
  size = [1] + __torch__.decompositions.sizes_or(sequence, output_size, scale_factors)
  high, wide = __torch__.decompositions.factors_of_sequence(scales, scale_factors)
  return torch.squeeze(torch.upsample_nearest2d(x, size, high, wide), 2)

def upsample_nearest3d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, scales_d: Optional[float]=None, scales_h: Optional[float]=None, scales_w: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  volume = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.images_of(volume, "aten::upsample_nearest3d")
  size = __torch__.decompositions.sizes_or(volume, output_size, scale_factors)
  deep, high, wide = __torch__.decompositions.factors_or([scales_d, scales_h, scales_w], scale_factors)
  images = torch.upsample_nearest2d(x, size[1:], high, wide)
  columns = __torch__.decompositions.columns_of(images, volume)
  along = [size[0], torch.size(columns, 3)]
  y = torch.upsample_nearest2d(columns, along, deep, __torch__.decompositions.one_beside(deep))
  return __torch__.decompositions.volume_of(y, images)

def upsample_trilinear3d(self: Optional[Tensor]=None, output_size: Optional[List[int]]=None, align_corners: bool=False, scales_d: Optional[float]=None, scales_h: Optional[float]=None, scales_w: Optional[float]=None, input: Optional[Tensor]=None, scale_factors: Optional[List[float]]=None) -> Tensor:
  volume = __torch__.decompositions.self_or(self, input)
  x = __torch__.decompositions.images_of(volume, "aten::upsample_trilinear3d")
  size = __torch__.decompositions.sizes_or(volume, output_size, scale_factors)
  deep, high, wide = __torch__.decompositions.factors_or([scales_d, scales_h, scales_w], scale_factors)
  images = torch.upsample_bilinear2d(x, size[1:], align_corners, high, wide)
  columns = __torch__.decompositions.columns_of(images, volume)
  along = [size[0], torch.size(columns, 3)]
  y = torch.upsample_bilinear2d(columns, along, align_corners, deep, __torch__.decompositions.one_beside(deep))
  return __torch__.decompositions.volume_of(y, images)

# Recurrent cells: one step of a layer

# Gates in the order reset, update, new: h' = n + z (h - n).
def gru_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional[Tensor], b_hh: Optional[Tensor]) -> Tensor:
  x = torch.chunk(torch.linear(input, w_ih, b_ih), 3, -1)
  h = torch.chunk(torch.linear(hx, w_hh, b_hh), 3, -1)
  reset = torch.sigmoid(torch.add(x[0], h[0]))
  update = torch.sigmoid(torch.add(x[1], h[1]))
  fresh = torch.tanh(torch.add(x[2], torch.mul(reset, h[2])))
  difference = torch.sub(hx, fresh)
  return torch.add(fresh, torch.mul(update, difference))

# Gates in the order input, forget, cell, output.
def lstm_cell(input: Tensor, hx: List[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Optional[Tensor], b_hh: Optional[Tensor]) -> Tuple[Tensor, Tensor]:
  if torch.len(hx) != 2:
    ops.prim.RaiseException(torch.format("aten::lstm_cell with {} states", torch.len(hx)), "builtins.ValueError")
  sums = torch.add(torch.linear(input, w_ih, b_ih), torch.linear(hx[0], w_hh, b_hh))
  gates = torch.chunk(sums, 4, -1)
  kept = torch.mul(torch.sigmoid(gates[1]), hx[1])
  taken = torch.mul(torch.sigmoid(gates[0]), torch.tanh(gates[2]))
  cell = torch.add(kept, taken)
  hidden = torch.mul(torch.sigmoid(gates[3]), torch.tanh(cell))
  return (hidden, cell)

def rnn_relu_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional[Tensor], b_hh: Optional[Tensor]) -> Tensor:
  return torch.relu(torch.add(torch.linear(input, w_ih, b_ih), torch.linear(hx, w_hh, b_hh)))

def rnn_tanh_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Optional[Tensor], b_hh: Optional[Tensor]) -> Tensor:
  return torch.tanh(torch.add(torch.linear(input, w_ih, b_ih), torch.linear(hx, w_hh, b_hh)))

# Complex tensors, by their parts: what follows complex_ is an operator's name

def complex_abs(self: Tensor) -> Tensor:
  real = torch.square(torch.real(self))
  return torch.sqrt(torch.add(real, torch.square(torch.imag(self))))

def complex_add(self: Tensor, other: Tensor, alpha: number) -> Tensor:
  a, b, c, d = __torch__.decompositions.parts_of_both(self, other, alpha, "aten::add")
  return torch.complex(torch.add(a, c), torch.add(b, d))

def complex_angle(self: Tensor) -> Tensor:
  return torch.atan2(torch.imag(self), torch.real(self))

def complex_conj(self: Tensor) -> Tensor:
  return torch.complex(torch.real(self), torch.neg(torch.imag(self)))

def complex__conj(self: Tensor) -> Tensor:
  return torch.conj(self)

def complex_div(self: Tensor, other: Tensor, rounding_mode: Optional[str]=None) -> Tensor:
  if __torch__.decompositions.is_complex(other) or rounding_mode is not None:
    ops.prim.RaiseException("aten::div by complex numbers, or rounded", "builtins.NotImplementedError")
  return torch.complex(torch.div(torch.real(self), other), torch.div(torch.imag(self), other))

# (a + bi)(c + di) = ac - bd + (ad + bc)i; a real factor takes both parts.
def complex_matmul(self: Tensor, other: Tensor) -> Tensor:
  if not torch.is_complex(self):
    return torch.complex(torch.matmul(self, torch.real(other)), torch.matmul(self, torch.imag(other)))
  a = torch.real(self)
  b = torch.imag(self)
  if not torch.is_complex(other):
    return torch.complex(torch.matmul(a, other), torch.matmul(b, other))
  c = torch.real(other)
  d = torch.imag(other)
  real = torch.sub(torch.matmul(a, c), torch.matmul(b, d))
  return torch.complex(real, torch.add(torch.matmul(a, d), torch.matmul(b, c)))

def complex_mul(self: Tensor, other: Tensor) -> Tensor:
  if not torch.is_complex(self):
    return torch.complex(torch.mul(self, torch.real(other)), torch.mul(self, torch.imag(other)))
  a = torch.real(self)
  b = torch.imag(self)
  if not __torch__.decompositions.is_complex(other):
    return torch.complex(torch.mul(a, other), torch.mul(b, other))
  c = torch.real(other)
  d = torch.imag(other)
  real = torch.sub(torch.mul(a, c), torch.mul(b, d))
  return torch.complex(real, torch.add(torch.mul(a, d), torch.mul(b, c)))

def complex_sub(self: Tensor, other: Tensor, alpha: number) -> Tensor:
  a, b, c, d = __torch__.decompositions.parts_of_both(self, other, alpha, "aten::sub")
  return torch.complex(torch.sub(a, c), torch.sub(b, d))

def complex_view_as_real(self: Tensor) -> Tensor:
  return torch.stack([torch.real(self), torch.imag(self)], -1)

# A number is not.
def is_complex(self: Tensor) -> bool:
  return isinstance(self, Tensor) and torch.is_complex(self)

# Of two complex tensors; a real one would leave the other's imaginary part as it is.
def parts_of_both(self: Tensor, other: Tensor, alpha: number, operator: str) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
  if not __torch__.decompositions.is_complex(other) or alpha != 1:
    ops.prim.RaiseException(operator + " of real and complex numbers, or with alpha", "builtins.NotImplementedError")
  if not torch.is_complex(self):
    ops.prim.RaiseException(operator + " of real by complex numbers", "builtins.NotImplementedError")
  return (torch.real(self), torch.imag(self), torch.real(other), torch.imag(other))
