package main

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/dynamic-resource-allocation/cel"
	"k8s.io/dynamic-resource-allocation/structured"
)

// selectorQuestion asks a selector about a device.
type selectorQuestion struct {
	Expression string             `json:"expression"`
	Driver     string             `json:"driver"`
	Device     resourceapi.Device `json:"device"`
	NoShares   bool               `json:"noShares,omitempty"`
	NoLists    bool               `json:"noLists,omitempty"`
}

const cachedSelectors = 64

// caches holds one cache per set of features, because compiling is slow.
var caches = map[cel.Features]*cel.Cache{}

func selectorCache(features structured.Features) *cel.Cache {
	wanted := cel.Features{
		EnableConsumableCapacity: features.ConsumableCapacity,
		EnableListTypeAttributes: features.ListTypeAttributes,
	}
	cache, found := caches[wanted]
	if !found {
		cache = cel.NewCache(cachedSelectors, wanted)
		caches[wanted] = cache
	}
	return cache
}

func ask(q *selectorQuestion) answer {
	compiler := cel.GetCompiler(cel.Features{EnableConsumableCapacity: !q.NoShares, EnableListTypeAttributes: !q.NoLists})
	compiled := compiler.CompileCELExpression(q.Expression, cel.Options{})
	if compiled.Error != nil {
		return answer{Compile: compiled.Error.Error()}
	}
	matches, details, err := compiled.DeviceMatches(context.Background(), cel.Device{
		Driver:                   q.Driver,
		AllowMultipleAllocations: q.Device.AllowMultipleAllocations,
		Attributes:               q.Device.Attributes,
		Capacity:                 q.Device.Capacity,
	})
	reply := answer{Matches: matches, MaxCost: compiled.MaxCost}
	if details != nil && details.ActualCost() != nil {
		reply.Cost = *details.ActualCost()
	}
	if err != nil {
		reply.Error = err.Error()
	}
	return reply
}
