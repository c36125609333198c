"""`annotate run` of what starts many processes with the real torch: every one the same parameters, one reports."""

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.timeout(300)]
BIN = Path(sys.executable).parent
SEEN = "open(f'saw-{os.environ[\"NNI_TRIAL_SEQ_ID\"]}', 'a').write(f'{who} {lr}\\n')\n"

RANKS = """\
import os, torch, torch.distributed as dist

lr = 0.1  # @nni.uniform(0, 1)
dist.init_process_group("gloo")
rank = who = dist.get_rank()
total = torch.tensor([lr])
dist.all_reduce(total)
for epoch in range(3):
    '''@nni.report_intermediate_result(epoch + 100 * rank)'''
dist.barrier()
dist.destroy_process_group()
'''@nni.report_final_result(total.item() + 1000 * rank)'''
"""
SPAWN = """\
import os, torch, torch.multiprocessing as mp

lr = 0.1  # @nni.uniform(0, 1)

def work(rank, total):
    who = rank
    total[rank] = lr
    '''@nni.report_intermediate_result(100 + rank)'''
    SEEN
if __name__ == "__main__":
    total = torch.zeros(2).share_memory_()
    '''@nni.report_intermediate_result(0)'''
    mp.spawn(work, (total,), nprocs=2)
    '''@nni.report_final_result(total.sum().item())'''
"""
LOADER = """\
import os, torch
from torch.utils.data import DataLoader, Dataset

class Data(Dataset):
    def __init__(self):
        self.lr = 0.1  # @nni.uniform(0, 1)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        '''@nni.report_intermediate_result(1000 + index)'''
        scale = 2.0  # @nni.uniform(1, 3)
        return torch.tensor([self.lr * scale])

if __name__ == "__main__":
    data = Data()
    for epoch in range(2):
        total = sum(batch.sum().item() for batch in DataLoader(data, batch_size=2, num_workers=2, CONTEXT))
        '''@nni.report_intermediate_result(epoch)'''
    '''@nni.report_final_result(total / 8)'''
"""


def tuned(annotate, *words):
    """Run two trials and return them; both must have come to a result."""
    done = annotate("run", "--trials", 2, "--tuner", "random", "--seed", 3, "--jobs", 1, *words)
    assert done.returncode == 0, done.stdout + done.stderr + annotate("log", 1).stdout
    return annotate.trials()


def values(trial):
    return [report["values"]["default"] for report in trial["metrics"]]


@pytest.mark.parametrize(
    "launcher",
    [(BIN / "torchrun", "--nproc-per-node", 2), (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", 2)],
    ids=["torchrun", "torch.distributed.run"],
)  # fmt: skip
def test_every_rank_of_torchrun_has_the_same_parameters_and_one_reports(annotate, launcher):
    """Two real ranks on gloo: each saw the trial's value, and only rank 0's results are there.

    Each has one thread, as torchrun has it where nobody says how many.
    """
    threads = "assert torch.get_num_threads() == int(os.environ['OMP_NUM_THREADS']) == 1\n"
    annotate.write("train.py", RANKS.replace("total = torch", SEEN + threads + "total = torch"))
    for trial in tuned(annotate, "--", *launcher, "train.py"):
        lr = trial["parameters"].get("train/lr/uniform", 0.1)
        saw = (annotate.cwd / f"saw-{trial['number']}").read_text().splitlines()
        assert sorted(saw) == [f"0 {lr}", f"1 {lr}"]
        assert values(trial) == [0, 1, 2, pytest.approx(2 * lr)]


def test_spawned_workers_of_torch_have_the_same_parameters_and_one_process_reports(annotate):
    """`torch.multiprocessing.spawn`: the parent reported first, so its workers stay silent."""
    annotate.write("train.py", SPAWN.replace("SEEN", SEEN))
    for trial in tuned(annotate, "train.py"):
        lr = trial["parameters"].get("train/lr/uniform", 0.1)
        saw = (annotate.cwd / f"saw-{trial['number']}").read_text().splitlines()
        assert sorted(saw) == [f"0 {lr}", f"1 {lr}"]
        assert values(trial) == [0, pytest.approx(2 * lr)]


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_the_workers_of_a_data_loader_have_the_same_parameters(annotate, context):
    """Also those asked for first inside a worker; what a worker reports beside its parent is left out."""
    annotate.write("train.py", LOADER.replace("CONTEXT", f"multiprocessing_context={context!r}"))
    for trial in tuned(annotate, "train.py"):
        params = trial["parameters"] or {"train/self.lr/uniform": 0.1, "train/scale/uniform": 2.0}
        wanted = params["train/self.lr/uniform"] * params["train/scale/uniform"]
        assert values(trial)[-1] == pytest.approx(wanted)
        assert set(params) == {"train/self.lr/uniform", "train/scale/uniform"}
