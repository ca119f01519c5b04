// Command dra-crosscheck answers, with the public Kubernetes allocator, the questions that Gyropilot's own allocator is
// asked: it reads one JSON object a line from standard input and writes one answer a line to standard output.
//
// A question is either a world (a node, slices, classes, claims that are allocated and claims that are not) or a device
// selector with the device to ask it about.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/dynamic-resource-allocation/structured"
)

// question is one line of input.
type question struct {
	World    *world            `json:"world,omitempty"`
	Selector *selectorQuestion `json:"selector,omitempty"`
}

// world is everything that an allocation depends on.
type world struct {
	Features structured.Features          `json:"features"`
	Node     corev1.Node                  `json:"node"`
	Slices   []*resourceapi.ResourceSlice `json:"slices"`
	Classes  []*resourceapi.DeviceClass   `json:"classes"`
	Claims   []*resourceapi.ResourceClaim `json:"claims"`
	Seconds  float64                      `json:"seconds"`
}

// answer is one line of output. Exactly one of Picks, None and Error is meant: Picks has an entry per unallocated claim, and Whole says
// the same with all that goes into the claims' status.
type answer struct {
	Picks   [][]string                     `json:"picks,omitempty"`
	Whole   []resourceapi.AllocationResult `json:"whole,omitempty"`
	None    bool                           `json:"none,omitempty"`
	Error   string                         `json:"error,omitempty"`
	TimeOut bool                           `json:"timeOut,omitempty"`

	Matches bool   `json:"matches,omitempty"`
	Cost    uint64 `json:"cost,omitempty"`
	MaxCost uint64 `json:"maxCost,omitempty"`
	Compile string `json:"compile,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			return
		}
		var asked question
		reply := answer{}
		if problem := json.Unmarshal(line, &asked); problem != nil {
			reply.Error = "unreadable question: " + problem.Error()
		} else if asked.World != nil {
			reply = allocate(asked.World)
		} else if asked.Selector != nil {
			reply = ask(asked.Selector)
		}
		encoded, problem := json.Marshal(reply)
		if problem != nil {
			fmt.Fprintln(os.Stderr, problem)
			os.Exit(1)
		}
		out.Write(encoded)
		out.WriteByte('\n')
		if in.Buffered() == 0 {
			out.Flush()
		}
		if err != nil {
			return
		}
	}
}

func allocate(w *world) answer {
	seconds := w.Seconds
	if seconds == 0 {
		seconds = 10
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	var pending []*resourceapi.ResourceClaim
	for _, claim := range w.Claims {
		setDefaults(claim)
		if claim.Status.Allocation == nil {
			pending = append(pending, claim)
		}
	}
	allocator, err := structured.NewAllocator(ctx, w.Features, inUse(w), classes(w.Classes), w.Slices, selectorCache(w.Features))
	if err != nil {
		return answer{Error: err.Error()}
	}
	results, err := allocator.Allocate(ctx, &w.Node, pending)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return answer{TimeOut: true, Error: err.Error()}
	case errors.Is(err, structured.ErrFailedAllocationOnNode):
		return answer{None: true}
	case err != nil:
		return answer{Error: err.Error()}
	case len(results) != len(pending):
		return answer{None: true}
	}
	reply := answer{Picks: [][]string{}, Whole: results}
	for _, result := range results {
		picks := []string{}
		for _, device := range result.Devices.Results {
			picks = append(picks, device.Request+"="+device.Driver+"/"+device.Pool+"/"+device.Device)
		}
		reply.Picks = append(reply.Picks, picks)
	}
	return reply
}

// setDefaults does what the API server does to a claim that it stores.
func setDefaults(claim *resourceapi.ResourceClaim) {
	ask := func(mode *resourceapi.DeviceAllocationMode, count *int64) {
		if *mode == "" {
			*mode = resourceapi.DeviceAllocationModeExactCount
		}
		if *mode == resourceapi.DeviceAllocationModeExactCount && *count == 0 {
			*count = 1
		}
	}
	for i := range claim.Spec.Devices.Requests {
		request := &claim.Spec.Devices.Requests[i]
		if request.Exactly != nil {
			ask(&request.Exactly.AllocationMode, &request.Exactly.Count)
		}
		for j := range request.FirstAvailable {
			ask(&request.FirstAvailable[j].AllocationMode, &request.FirstAvailable[j].Count)
		}
	}
}

// inUse counts what the allocated claims hold, as the scheduler does: results with admin access hold nothing, shares hold
// what they consume.
func inUse(w *world) structured.AllocatedState {
	state := structured.AllocatedState{
		AllocatedDevices:         sets.New[structured.DeviceID](),
		AllocatedSharedDeviceIDs: sets.New[structured.SharedDeviceID](),
		AggregatedCapacity:       structured.NewConsumedCapacityCollection(),
	}
	for _, claim := range w.Claims {
		if claim.Status.Allocation == nil {
			continue
		}
		for _, result := range claim.Status.Allocation.Devices.Results {
			if result.AdminAccess != nil && *result.AdminAccess {
				continue
			}
			id := structured.MakeDeviceID(result.Driver, result.Pool, result.Device)
			if result.ShareID == nil || !w.Features.ConsumableCapacity {
				state.AllocatedDevices.Insert(id)
				continue
			}
			state.AllocatedSharedDeviceIDs.Insert(structured.MakeSharedDeviceID(id, result.ShareID))
			state.AggregatedCapacity.Insert(structured.NewDeviceConsumedCapacity(id, result.ConsumedCapacity))
		}
	}
	return state
}

// classes is a lister over a few classes.
type classes []*resourceapi.DeviceClass

func (c classes) List() ([]*resourceapi.DeviceClass, error) { return c, nil }

func (c classes) Get(name string) (*resourceapi.DeviceClass, error) {
	for _, class := range c {
		if class.Name == name {
			return class, nil
		}
	}
	return nil, fmt.Errorf("device class %q not found", name)
}
