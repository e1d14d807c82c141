"""Muon for the matrices of the blocks, AdamW for the embedding and the gains."""

import torch


def orthogonalise(stack, dtype):
    """The nearest semi-orthogonal matrices to a stack `[n, rows, cols]` with rows <= cols, by five Newton-Schulz steps."""
    x = stack.to(dtype)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, b, x, beta=3.4445)
    return x.float()


class Muon(torch.optim.Optimizer):
    """Momentum whose updates are orthogonalised; matrices of equal shape (either way round) go through in one stack."""

    def __init__(self, parameters, momentum=0.95, decay=0.0, dtype=torch.float32):
        super().__init__(parameters, dict(lr=0.0, momentum=momentum, decay=decay))
        self.dtype = dtype

    @torch.no_grad()
    def step(self):
        """One update."""
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(tuple(sorted(p.shape)), []).append(p)
            for members in shapes.values():
                self._update(group, members)

    def _update(self, group, members):
        stack = []
        for p in members:
            velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
            velocity.lerp_(p.grad, 1 - group["momentum"])
            update = p.grad.lerp(velocity, group["momentum"])
            stack.append(update if p.shape[0] <= p.shape[1] else update.mT)
        for p, update in zip(members, orthogonalise(torch.stack(stack), self.dtype)):
            update = update if p.shape[0] <= p.shape[1] else update.mT
            p.mul_(1 - group["lr"] * group["decay"])
            p.add_(update, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)
